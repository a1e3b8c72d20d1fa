//! The kinds of fronts.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    FunctionUrl,
    HttpApi,
    HttpApiV1,
    RestApi,
    Alb,
    AlbMultiValue,
    LatticeV1,
    LatticeV2,
    Vercel,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::FunctionUrl,
        Self::HttpApi,
        Self::HttpApiV1,
        Self::RestApi,
        Self::Alb,
        Self::AlbMultiValue,
        Self::LatticeV1,
        Self::LatticeV2,
        Self::Vercel,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FunctionUrl => "function-url",
            Self::HttpApi => "http-api",
            Self::HttpApiV1 => "http-api-v1",
            Self::RestApi => "rest-api",
            Self::Alb => "alb",
            Self::AlbMultiValue => "alb-multi-value",
            Self::LatticeV1 => "lattice-v1",
            Self::LatticeV2 => "lattice-v2",
            Self::Vercel => "vercel",
        }
    }

    /// The host that its platform gives a front of this kind. Its first label is the id of an API.
    pub(crate) fn domain(self) -> &'static str {
        match self {
            Self::FunctionUrl => "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws",
            Self::HttpApi | Self::HttpApiV1 | Self::RestApi => "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            Self::Alb | Self::AlbMultiValue => "test-1234567890.us-east-1.elb.amazonaws.com",
            Self::LatticeV1 | Self::LatticeV2 => "test-0123456789abcdef0.1a2b3c4.vpc-lattice-svcs.us-east-1.on.aws",
            Self::Vercel => "test-abcdefghi.vercel.app",
        }
    }

    /// What its requests are of if nothing else is said.
    pub(crate) fn stage(self) -> &'static str {
        if self == Self::RestApi { "prod" } else { "$default" }
    }
}
