// What only node can ask of Vercel's programs. Run by vercel.py, with NODE_PATH saying where they are.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

// The one line of an answer; all else that is printed is for people.
const answer = value => fs.writeSync(1, JSON.stringify(value) + "\n");

const tasks = {
    // Builds a project as Vercel does, into the folder `to`, and tells what the functions are.
    async build(project, entrypoint, to) {
        const { glob } = require("@vercel/build-utils");
        const files = await glob("**", { cwd: project, ignore: [".vercel/**"] });
        // As `vercel build` has it: the files are where they are to be.
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
            const told = { handler, runtime, runtimeLanguage, architecture, supportsResponseStreaming };
            return { name, ...told, files: Object.keys(files).sort() };
        });
        answer({ version: resultVersion, functions, routes: result.routes ?? result.output.routes ?? null });
    },

    // Serves a project on a port under the builder's development server, until a signal.
    async dev(project, entrypoint, port) {
        const show = data => process.stderr.write(data);
        const meta = { isDev: true, env: {}, port: Number(port) };
        const options = { entrypoint, workPath: project, repoRootPath: project, files: {}, config: {}, meta };
        const server = await require("@vercel/rust").startDevServer({ ...options, onStdout: show, onStderr: show });
        if (!server) throw new Error("the builder did not find out where the server listens");
        if (server.port !== Number(port)) throw new Error(`it listens on ${server.port}, and not on ${port}`);
        const alive = setInterval(() => {}, 1000);
        process.on("SIGTERM", async () => {
            clearInterval(alive);
            await server.shutdown();
            process.exit();
        });
    },

    // Has the emulator of the Runtime API invoke a `bootstrap` with each line, and tells what comes of it.
    async invoke(folder) {
        const { createFunction } = require("@vercel/fun");
        const options = { Handler: "bootstrap", Runtime: "provided", MemorySize: 128, Environment: { Variables: {} } };
        const invoked = await createFunction({ Code: { Directory: folder }, ...options });
        try {
            for await (const line of readline.createInterface({ input: process.stdin })) {
                const reply = invoked({ Action: "Invoke", body: line });
                answer(await reply.catch(error => ({ error: error.message })));
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
