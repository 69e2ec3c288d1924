import process from "node:process";
import { runServer } from "@trestle-mcp/server-kit";
import { runCli } from "./cli/main.ts";
import { server } from "./server.ts";

// A word for what the program does without any.
if (process.argv[2] === "serve") process.argv.splice(2, 1);
process.exitCode = await (runCli(process.argv.slice(2), process) ?? runServer(server, process));
