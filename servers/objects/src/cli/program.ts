import { createCli } from "@trestle/cli";
import type { Clock, Logger } from "@trestle/protocol";
import { type Config, config } from "../config.ts";
import { server } from "../server.ts";
import { openState, type State } from "../state.ts";
import { addCalls } from "./calls.ts";
import { addCopies } from "./copies.ts";
import { addDeploy } from "./deploy.ts";
import { addDoctor } from "./doctor.ts";
import { addHost } from "./host.ts";
import { addWatch } from "./watch.ts";

export const cli = createCli<Config, { readonly objects: State; close(): Promise<void> }>({
  name: "trestle-objects",
  description: "Objects that keep state, from the command line.",
  settings: "--objects-url <url>, --objects-token <token>",
  server,
  config,
  open,
  add(to) {
    for (const add of [addCalls, addWatch, addHost, addDoctor, addDeploy, addCopies]) add(to);
  },
});

/** Nothing is opened before a command asks for it. */
function open(parts: {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}) {
  const objects = openState(parts);
  return { objects, close: objects.close };
}
