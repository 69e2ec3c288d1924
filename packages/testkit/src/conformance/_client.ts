// What the suite starts as the client under test. The suite starts all at once: each hands its scenario in at the desk,
// which plays some at a time, and ends when it was played.

import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { DESK_VARIABLE } from "./client/desk.ts";

const { env, argv } = process;
const desk = connect(env[DESK_VARIABLE] ?? "");
desk.end(
  JSON.stringify({
    url: argv.at(-1),
    scenario: env.MCP_CONFORMANCE_SCENARIO,
    version: env.MCP_CONFORMANCE_PROTOCOL_VERSION,
    context: JSON.parse(env.MCP_CONFORMANCE_CONTEXT ?? "{}"),
  }),
);
process.stdout.write(await text(desk));
