import { once } from "node:events";
import type { Config } from "../config/load.ts";
import { joinBridge } from "../home.ts";
import { askOwner } from "../inbound/control.ts";
import type { Terminal } from "./terminal.ts";

export interface StopOptions {
  readonly config: Config;
  readonly terminal: Terminal;
}

/**
 * Stops the bridge that runs in this home and every process that joined it, and waits until it is gone.
 * Nothing running is no failure.
 */
export async function stop({ config, terminal }: StopOptions): Promise<number> {
  const joined = await joinBridge(config.home);
  if (!joined) {
    terminal.print(`No bridge runs in ${config.home}.`);
    return 0;
  }
  const gone = once(joined.socket, "close");
  await askOwner(joined.socket, { do: "stop" });
  await gone;
  terminal.print(`Stopped the bridge of ${config.home} (pid ${joined.owner.pid}).`);
  return 0;
}
