import type { JsonValue } from "@trestle/protocol";
import { afterEveryTest } from "@trestle/testkit/run";
import type { Called } from "./_servers.ts";
import { openWorld } from "./_world.ts";

let opened: ReturnType<typeof openWorld> | undefined;
afterEveryTest(async () => {
  await opened?.close();
  opened = undefined;
});

/** A world of one test. */
export function open(...given: Parameters<typeof openWorld>) {
  opened = openWorld(...given);
  return opened;
}

export const of = (calls: readonly Called[], tool: string) =>
  calls.filter((call) => `${call.server}.${call.tool}` === tool).map(({ args }) => args);

export const fails = (message: string) => (): JsonValue => {
  throw new Error(message);
};
