import process from "node:process";
import { runServer } from "@trestle-mcp/server-kit";
import { runCli } from "./cli/main.ts";
import { server } from "./server.ts";

// The word for what is done without any.
if (process.argv[2] === "serve") process.argv.splice(2, 1);
const [command, ...words] = process.argv.slice(2);
process.exitCode =
  command === "worker"
    ? await (await import("./workers/run-worker.ts")).runWorker(words, process)
    : await (runCli(process.argv.slice(2), process) ?? runServer(server, process));
