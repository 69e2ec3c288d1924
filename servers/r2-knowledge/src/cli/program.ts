import { createCli, type ServerCli } from "@trestle/cli";
import { type Config, config } from "../config.ts";
import { server } from "../server.ts";
import { type OwnersState, openOwnersState } from "../state.ts";
import { addAsking } from "./asking.ts";
import { addEvents } from "./events.ts";
import { addIndex } from "./index-care.ts";
import { addKeeping } from "./keeping.ts";
import { addKeys } from "./keys.ts";
import { addPolicy } from "./policy.ts";
import { addReport } from "./report.ts";
import { addSetup } from "./setup.ts";
import { addTelling } from "./telling.ts";
import { addTidying } from "./tidying.ts";
import { addTransforming } from "./transforming.ts";
import { addWebhooks } from "./webhooks.ts";

export const cli: ServerCli = createCli<Config, OwnersState>({
  name: "trestle-knowledge",
  description: "What is known of errors and their fixes, from the command line.",
  settings: "--knowledge-data-dir <path>, --r2-audit-bucket <name>",
  server,
  config,
  open: openOwnersState,
  add(to) {
    for (const add of [
      addSetup,
      addAsking,
      addTelling,
      addIndex,
      addKeeping,
      addTidying,
      addPolicy,
      addKeys,
      addReport,
      addTransforming,
      addEvents,
      addWebhooks,
    ])
      add(to);
  },
});
