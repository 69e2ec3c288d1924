import {
  type Host,
  LOCAL_PRINCIPAL,
  type Logger,
  type RequestContext,
  systemClock,
  TrestleError,
} from "@trestle/protocol";

export interface TestHost extends Host {
  readonly logged: { level: string; message: string; fields: Record<string, unknown> }[];
}

/** A host that keeps what is logged; nothing writes to its folder unless a test names one. */
export function createTestHost(dataDir = "/nonexistent/trestle-test"): TestHost {
  const logged: TestHost["logged"] = [];
  const write =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      logged.push({ level, message, fields });
    };
  const log: Logger = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  const nobody = () => {
    throw new TrestleError("unsupported", "Not in this test.");
  };
  return {
    logged,
    forCall: nobody,
    delegate: nobody,
    forGrant: nobody,
    publish() {},
    subscribe: () => () => {},
    async audit() {},
    dataDir,
    clock: systemClock,
    log,
  };
}

export function requestContext(): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "legacy", protocolVersion: "2025-11-25", capabilities: {} },
  };
}
