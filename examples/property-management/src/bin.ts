#!/usr/bin/env node
import process from "node:process";
import { runServer } from "@trestle-mcp/server-kit";
import { server } from "./server.ts";

process.exitCode = await runServer(server, process, "documents");
