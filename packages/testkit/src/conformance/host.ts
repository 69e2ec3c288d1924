import { type Host, type Logger, systemClock, TrestleError } from "@trestle/protocol";

/** The least that a server needs to run: a folder, a clock, a log; no other servers to call. */
export function createFixtureHost(dataDir: string, log: Logger): Host {
  const alone = (): never => {
    throw new TrestleError("unsupported", "The fixture runs alone");
  };
  return {
    forCall: () => ({ listTools: async () => [], callTool: alone }),
    delegate: alone,
    forGrant: alone,
    publish() {},
    subscribe: () => () => {},
    async audit() {},
    dataDir,
    clock: systemClock,
    log,
  };
}
