import process from "node:process";
import { runServer } from "@trestle-mcp/server-kit";
import { runCli } from "./cli/main.ts";
import { server } from "./server.ts";

const words = process.argv.slice(2);
process.exitCode = await (runCli(words, process) ??
  runServer(server, process, "trestle-knowledge"));
