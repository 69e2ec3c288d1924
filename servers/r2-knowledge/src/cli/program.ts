import { createCli } from "@trestle/cli";
import { type Config, config } from "../config.ts";
import { server } from "../server.ts";
import { openState, type State } from "../state.ts";
import { addAsking } from "./asking.ts";
import { addIndex } from "./index-care.ts";
import { addKeeping } from "./keeping.ts";
import { addSetup } from "./setup.ts";
import { addTelling } from "./telling.ts";
import { addTidying } from "./tidying.ts";

export const cli = createCli<Config, State>({
  name: "trestle-knowledge",
  description: "What is known of errors and their fixes, from the command line.",
  settings: "--knowledge-data-dir <path>, --r2-audit-bucket <name>",
  server,
  config,
  open: openState,
  add(to) {
    for (const add of [addSetup, addAsking, addTelling, addIndex, addKeeping, addTidying]) add(to);
  },
});
