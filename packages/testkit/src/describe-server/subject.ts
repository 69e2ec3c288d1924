import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject, ServerDefinition } from "@trestle/protocol";
import { afterAll, afterEach, beforeEach } from "vitest";
import { nodeEnvironment } from "../surroundings/node-environment.ts";
import { type RawSession, startRawSession } from "./raw-session.ts";

/** How to start the server on stdio: from source, or from where it was installed. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What the contract suite is told of a server. */
export interface ServerUnderTest {
  readonly spawn: Command;
  /** For mounting in-process beside. */
  readonly definition?: ServerDefinition;
  /** For the mounted one, by environment name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** True for a program that was not made by `runServer`: it has other options, HTTP and files. */
  readonly isOwnProgram?: boolean;
  /** Arguments with which each listed tool succeeds, in this order. */
  readonly sampleCalls: Readonly<Record<string, JsonObject>>;
  /** A call that ends only when it is cancelled. */
  readonly longCall?: { readonly tool: string; readonly arguments: JsonObject };
  /** A secret setting with a value that would be recognised anywhere; it need not lead to anything. */
  readonly secret?: { readonly env: string; readonly value: string; readonly canary: string };
}

/** One test's share: a home of its own, and processes that do not outlive it. */
export interface Bench {
  readonly home: string;
  readonly environment: Record<string, string>;
  start(changes?: { env?: Record<string, string>; args?: readonly string[] }): RawSession;
  /** Runs before the home is removed. */
  afterwards(work: () => Promise<void> | void): void;
}

/** Gives each test of the surrounding block a fresh bench. */
export function useBench(subject: ServerUnderTest): () => Bench {
  let bench: Bench;
  let cleanups: (() => Promise<void> | void)[];

  beforeEach(() => {
    cleanups = [];
    bench = createBench(subject, cleanups);
  });
  afterEach(() => tidy(bench, cleanups));
  return () => bench;
}

/** One process that several tests of the surrounding block speak to, and the home it is on. */
export interface Shared {
  readonly bench: Bench;
  readonly session: RawSession;
}

/**
 * For tests that are not about starting: they share one process, with the handshake done. One that ended is
 * followed by another, so that a test that ends it fails alone.
 */
export function useShared(subject: ServerUnderTest): () => Promise<Shared> {
  let shared: (Shared & { hasEnded: boolean }) | undefined;
  const cleanups: (() => Promise<void> | void)[] = [];
  const benches: Bench[] = [];

  afterAll(async () => {
    for (const bench of benches) await tidy(bench, cleanups.splice(0));
  });
  return async () => {
    if (shared !== undefined && !shared.hasEnded) return shared;
    const bench = createBench(subject, cleanups);
    benches.push(bench);
    const session = bench.start();
    const started = { bench, session, hasEnded: false };
    void session.exited.then(() => {
      started.hasEnded = true;
    });
    await session.initialize();
    shared = started;
    return started;
  };
}

async function tidy(
  { home }: Bench,
  cleanups: readonly (() => Promise<void> | void)[],
): Promise<void> {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

function createBench(subject: ServerUnderTest, cleanups: (() => Promise<void> | void)[]): Bench {
  const home = mkdtempSync(join(tmpdir(), "trestle-contract-"));
  const environment = {
    ...nodeEnvironment(),
    HOME: home,
    TRESTLE_HOME: join(home, "data"),
    ...subject.spawn.env,
  };
  return {
    home,
    environment,
    start({ env = {}, args = [] } = {}) {
      const session = startRawSession({
        command: subject.spawn.command,
        args: [...subject.spawn.args, ...args],
        env: { ...environment, ...env },
        cwd: home,
      });
      cleanups.push(() => session.kill());
      return session;
    },
    afterwards: (work) => void cleanups.push(work),
  };
}
