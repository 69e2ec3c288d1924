import { isJsonObject, type JsonObject, messageOf } from "@trestle/protocol";
import { checkCancelling } from "./cancellation.ts";
import { type Check, type Finding, fail, type Report, skipped } from "./check.ts";
import {
  callableTools,
  checkAtOnce,
  checkCall,
  checkLists,
  checkPrompt,
  checkRefusals,
  checkResource,
  type Subject,
} from "./conformance.ts";
import type { Between, Exchange } from "./exchange.ts";
import { FAULT_CHECKS } from "./faults.ts";
import {
  openPrivateBridge,
  type PrivateBridge,
  type PrivateBridgeParts,
} from "./private-bridge.ts";
import { watchProgress } from "./progress.ts";
import { createView } from "./view.ts";

export interface ServerTest extends PrivateBridgeParts {
  /** Tools to call whatever they say of themselves, with their arguments. */
  readonly calls: ReadonlyMap<string, JsonObject>;
  readonly signal: AbortSignal;
  /** Told of each check when it is done. */
  readonly onCheck?: (check: Check) => void;
}

export interface Tested extends Report {
  /** What the server was asked, and what it answered. */
  readonly exchanges: readonly Exchange[];
  /** Where it did not start: what it wrote to stderr last. */
  readonly stderr?: string;
}

/** Tries a server behind a bridge of its own, which leaves nothing behind. */
export async function testServer(test: ServerTest): Promise<Tested> {
  const opened = await openPrivateBridge(test);
  try {
    return await tried(opened, test);
  } finally {
    await opened.close();
  }
}

async function tried(opened: PrivateBridge, test: ServerTest): Promise<Tested> {
  const { bridge, id, between, exchanges } = opened;
  const { clock, signal, calls } = test;
  const checks: Check[] = [];
  const check = async (name: string, run: () => Promise<Finding>): Promise<Finding> => {
    signal.throwIfAborted();
    const begun = clock.now();
    const finding = await run().catch((error: unknown) => {
      signal.throwIfAborted();
      return fail(messageOf(error));
    });
    const done = { check: name, ...finding, ms: clock.now() - begun };
    checks.push(done);
    test.onCheck?.(done);
    return finding;
  };

  const facts: JsonObject = { id };
  const progress = watchProgress();
  between?.watch(progress.watcher);
  const started = await check("starts", () => starts(opened, facts, signal));
  if (started.status === "fail") {
    const stderr = between?.stderr().trim();
    return { server: facts, checks, exchanges, ...(stderr ? { stderr } : {}) };
  }
  await bridge.settled();
  const callable = callableTools(opened, calls);
  const view = createView(opened, signal);
  const subject: Subject = { opened, view, callable, tookMs: new Map() };
  await check("lists what it offers", () => checkLists(subject));
  await check("refuses what it does not offer", () => checkRefusals(subject));
  for (const wanted of calls.keys()) {
    if (callable.some(({ exposedName, tool }) => [exposedName, tool.name].includes(wanted)))
      continue;
    await check(`calls ${wanted}`, async () => fail("it offers no such tool"));
  }
  for (const called of callable) {
    await check(`calls ${called.tool.name}`, () => checkCall(subject, called));
  }
  await check("reads a resource", () => checkResource(subject));
  await check("gets a prompt", () => checkPrompt(subject));
  await check("5 calls at once", () => checkAtOnce(subject));
  const inside = (run: (between: Between) => Finding | Promise<Finding>) => async () =>
    between ? run(between) : skipped("it runs in the bridge's own process");
  await check("reports progress", inside(progress.finding));
  await check(
    "stops a cancelled call",
    inside((where) => checkCancelling(subject, where)),
  );
  for (const { name, run } of FAULT_CHECKS) {
    await check(
      name,
      inside((where) => run(subject, where)),
    );
  }
  return { server: facts, checks, exchanges };
}

async function starts(
  { bridge, id }: PrivateBridge,
  facts: JsonObject,
  signal: AbortSignal,
): Promise<Finding> {
  const upstream = bridge.core.upstreams.get(id);
  if (!upstream) return fail("it is not configured");
  const { era, protocolVersion, info } = await upstream.ready(signal);
  Object.assign(facts, { era, protocol_version: protocolVersion, info });
  const name = isJsonObject(info) ? `${info.name ?? "?"} ${info.version ?? ""}`.trim() : "?";
  return { status: "ok", saw: `${name}, ${era} era, ${protocolVersion}` };
}
