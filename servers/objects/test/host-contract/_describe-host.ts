import { afterAll, beforeAll, describe } from "vitest";
import { signToken } from "../../src/auth/tokens.ts";
import { SECRET } from "../_local-host.ts";
import type { HostUnderTest } from "../_worker-host.ts";
import { describeAlarms } from "./_describe-alarms.ts";
import { describeCalls } from "./_describe-calls.ts";
import { describeRefusals } from "./_describe-refusals.ts";
import { describeTokens } from "./_describe-tokens.ts";
import { describeWatching } from "./_describe-watching.ts";
import { createWire, type Wire } from "./_wire.ts";

/** A host that is running, for one part of the contract. */
export interface ContractHost {
  /** As one who may do everything. */
  wire(): Wire;
  /** As one with these scopes, or with a token made of something else. */
  wireWith(options: WireOptions): Promise<Wire>;
  /** An id that nothing else in this run has. */
  newId(): string;
}

export interface WireOptions {
  readonly scopes?: readonly string[];
  readonly secret?: string;
  /** Of the token, in milliseconds from now. */
  readonly lastsMs?: number;
  readonly name?: string;
}

const HOUR_MS = 3_600_000;

/** What every host of objects keeps to, over its wire. The host believes tokens by `SECRET`. */
export function describeHost(name: string, start: () => Promise<HostUnderTest>): void {
  describe(`${name} keeps the contract of a host`, () => {
    let host: HostUnderTest;
    let all: Wire;
    let ids = 0;
    const tokenOf = ({
      scopes = ["*/*:*"],
      secret = SECRET,
      lastsMs = HOUR_MS,
      name: who = "ada",
    }: WireOptions) => signToken(secret, { name: who, scopes, expiresAt: Date.now() + lastsMs });
    const contract: ContractHost = {
      wire: () => all,
      wireWith: async (options) => createWire(host.url, await tokenOf(options)),
      newId: () => `object-${++ids}`,
    };
    beforeAll(async () => {
      host = await start();
      all = createWire(host.url, await tokenOf({}));
    }, 60_000);
    afterAll(() => host?.close(), 60_000);

    describeCalls(contract);
    describeRefusals(contract);
    describeTokens(contract, () => createWire(host.url, undefined));
    describeWatching(contract);
    describeAlarms(contract);
  });
}
