// Calls Vercel's programs that have only an API for node. Run by vercel.py, with their folder in NODE_PATH.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

// Prints a result as one line of standard output.
const print = value => fs.writeSync(1, JSON.stringify(value) + "\n");

const tasks = {
    // Builds a project like Vercel, into the folder `to`, and prints the functions.
    async build(project, entrypoint, to) {
        const { glob } = require("@vercel/build-utils");
        const files = await glob("**", { cwd: project, ignore: [".vercel/**"] });
        // Like in `vercel build`, the files are in place.
        const meta = { skipDownload: true };
        const options = { files, entrypoint, workPath: project, repoRootPath: project, config: {}, meta };
        const { result, resultVersion } = await require("@vercel/rust").build(options);
        const named = resultVersion === 2 ? Object.entries(result.output) : [[entrypoint, result.output]];
        const functions = named.map(([name, { files, handler, runtime, runtimeLanguage, architecture, ...rest }]) => {
            for (const [at, file] of Object.entries(files)) {
                fs.mkdirSync(path.dirname(path.join(to, at)), { recursive: true });
                fs.writeFileSync(path.join(to, at), file.fsPath ? fs.readFileSync(file.fsPath) : file.data);
                fs.chmodSync(path.join(to, at), file.mode & 0o777);
            }
            const { supportsResponseStreaming } = rest;
            const description = { handler, runtime, runtimeLanguage, architecture, supportsResponseStreaming };
            return { name, ...description, files: Object.keys(files).sort() };
        });
        print({ version: resultVersion, functions, routes: result.routes ?? result.output.routes ?? null });
    },

    // Serves a project on a port with the builder's development server, until a signal.
    async dev(project, entrypoint, port) {
        const show = data => process.stderr.write(data);
        const meta = { isDev: true, env: {}, port: Number(port) };
        const options = { entrypoint, workPath: project, repoRootPath: project, files: {}, config: {}, meta };
        const server = await require("@vercel/rust").startDevServer({ ...options, onStdout: show, onStderr: show });
        if (!server) throw new Error("the builder has not found the port of the server");
        if (server.port !== Number(port)) throw new Error(`the server listens on port ${server.port} instead of ${port}`);
        const alive = setInterval(() => {}, 1000);
        process.on("SIGTERM", async () => {
            clearInterval(alive);
            await server.shutdown();
            process.exit();
        });
    },

    // Invokes a `bootstrap` under the emulator of Lambda with each line, and prints the replies.
    async invoke(folder) {
        const { createFunction } = require("@vercel/fun");
        const options = { Handler: "bootstrap", Runtime: "provided", MemorySize: 128, Environment: { Variables: {} } };
        const invoked = await createFunction({ Code: { Directory: folder }, ...options });
        try {
            for await (const line of readline.createInterface({ input: process.stdin })) {
                const reply = invoked({ Action: "Invoke", body: line });
                print(await reply.catch(error => ({ error: error.message })));
            }
        } finally {
            await invoked.destroy();
        }
    },
};

const [task, ...rest] = process.argv.slice(2);
tasks[task](...rest).catch(error => {
    console.error(error);
    process.exit(1);
});
