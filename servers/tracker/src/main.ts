import process from "node:process";
import { runServer } from "@trestle-mcp/server-kit";
import { beginAtStart } from "./begin-at-start.ts";
import { runCli } from "./cli/main.ts";
import { server } from "./server.ts";

// A word for what the program does without any.
if (process.argv[2] === "serve") process.argv.splice(2, 1);
const words = process.argv.slice(2);
const isOnHttp = words.some((word) => word === "--http" || word.startsWith("--http="));
const served = isOnHttp ? { ...server, mount: beginAtStart(server.mount) } : server;
process.exitCode = await (runCli(words, process) ?? runServer(served, process));
