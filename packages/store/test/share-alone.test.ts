import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonValue, RpcError, TrestleError } from "@trestle/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FolderBackend, ownFolder, type SharedFolder, shareFolder } from "../src/index.ts";
import { temporaryFolder, until } from "./_processes.ts";

interface Told {
  readonly level: string;
  readonly message: string;
}

/** A folder that this process shares, its joiner over the same socket as any other process, and what the log got. */
function startPair(answer: FolderBackend["answer"], backend: Partial<FolderBackend> = {}) {
  const path = temporaryFolder();
  const told: Told[] = [];
  const keep = (level: string) => (message: string) => void told.push({ level, message });
  const log = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  const options = {
    path,
    closeGraceMs: 100,
    log: { ...log, child: () => options.log } as never,
    open: async () => ({ answer, close: async () => {}, ...backend }),
  };
  const open = (): SharedFolder => {
    const shared = shareFolder(options);
    onTestFinished(() => shared.close());
    return shared;
  };
  return { path, told, owner: open(), joiner: open(), open };
}

const repeatable = { repeatable: true };

/** Both have their part: the first call of each decides. */
async function reach({ owner, joiner }: { owner: SharedFolder; joiner: SharedFolder }) {
  await owner.call("hello", null, repeatable);
  await joiner.call("hello", null, repeatable);
  expect([owner.role(), joiner.role()]).toEqual(["owner", "joined"]);
}

describe("a call that fails", () => {
  const failures: Record<string, Error> = {
    busy: new TrestleError("rate_limited", "Later.", { retryAfterMs: 50, details: { at: 1 } }),
    rpc: new RpcError(-32_602, "Bad.", { field: "a" }),
  };

  test("says the same to who owns the folder and to who joined it", async () => {
    const pair = startPair(async (method) => {
      const failure = failures[method];
      if (failure) throw failure;
      return null;
    });
    await reach(pair);
    for (const shared of [pair.owner, pair.joiner]) {
      await expect(shared.call("busy", null, repeatable)).rejects.toMatchObject({
        code: "rate_limited",
        retryAfterMs: 50,
        details: { at: 1 },
      });
      await expect(shared.call("rpc", null, repeatable)).rejects.toMatchObject({
        code: -32_602,
        data: { field: "a" },
      });
    }
  });

  test("unexpectedly tells the log of its owner why, and its caller only that", async () => {
    const pair = startPair(async (method) => {
      if (method === "crash") throw new Error("secret");
      return null;
    });
    await reach(pair);
    const crash = pair.joiner.call("crash", null, repeatable);
    await expect(crash).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(/^crash failed unexpectedly in process \d+; see its log/),
    });
    expect(pair.told).toEqual([{ level: "error", message: "A shared call failed unexpectedly" }]);
  });

  test("is refused in words where the owner does not know it", async () => {
    const pair = startPair(async () => null, { knows: (method) => method === "hello" });
    await reach(pair);
    for (const shared of [pair.owner, pair.joiner]) {
      await expect(shared.call("newer", null, repeatable)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("newer"),
      });
    }
  });
});

describe("who gives up", () => {
  test("before the call is answered at once, wherever the owner is", async () => {
    const pair = startPair(async (method) => (method === "hello" ? null : forever()));
    await reach(pair);
    for (const shared of [pair.owner, pair.joiner]) {
      const options = { ...repeatable, signal: AbortSignal.abort() };
      await expect(shared.call("slow", null, options)).rejects.toMatchObject({ code: "cancelled" });
    }
  });

  test("at the moment its owner is reached leaves no work behind", async () => {
    const aborted: string[] = [];
    const pair = startPair(async (method, _payload, signal) => {
      if (method === "hello") return null;
      if (signal.aborted) aborted.push(method);
      return forever();
    });
    await reach(pair);
    const caller = new AbortController();
    const call = pair.owner.call("slow", null, { ...repeatable, signal: caller.signal });
    queueMicrotask(() => caller.abort());
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
    expect(aborted).toEqual(["slow"]);
  });

  test("in the middle of it ends the work in the owner", async () => {
    const aborted: string[] = [];
    const pair = startPair(async (method, _payload, signal) => {
      if (method === "hello") return null;
      signal.addEventListener("abort", () => aborted.push(method));
      return forever();
    });
    await reach(pair);
    for (const [method, shared] of Object.entries({ own: pair.owner, joined: pair.joiner })) {
      const caller = new AbortController();
      const call = shared.call(method, null, { ...repeatable, signal: caller.signal });
      setImmediate(() => caller.abort());
      await expect(call).rejects.toMatchObject({ code: "cancelled" });
      await until(`${method} is aborted`, () => aborted.includes(method));
    }
  });
});

describe("a folder that is closed", () => {
  test("answers no more, and says so", async () => {
    const pair = startPair(async () => null);
    await reach(pair);
    await pair.joiner.close();
    const late = pair.joiner.call("hello", null, repeatable);
    await expect(late).rejects.toMatchObject({ code: "unavailable", retryable: false });
    expect(pair.joiner.role()).toBe("idle");
  });

  test("before its first call was never opened", async () => {
    const { owner, open } = startPair(async () => null);
    await owner.close();
    await expect(owner.call("hello", null, repeatable)).rejects.toThrow("is closed");
    expect(await open().call("hello", null, repeatable)).toBeNull();
  });

  test("while its owner is waited for waits no longer", async () => {
    const { path, owner } = startPair(async () => null);
    const other = await ownFolder({ path, onJoin() {} });
    onTestFinished(() => other.close());
    writeFileSync(join(path, "owner.json"), "{}"); // no way to it
    const asked = owner.call("hello", null, repeatable);
    const refused = expect(asked).rejects.toThrow("is closed in this process");
    await owner.close();
    await refused;
  });

  test("lets what runs go on for a moment, then aborts it", async () => {
    const pair = startPair(async (method, _payload, signal) =>
      method === "hello" ? null : untilAborted(signal),
    );
    await reach(pair);
    const running = pair.owner.call("slow", null, repeatable);
    const refused = expect(running).rejects.toBeDefined();
    await pair.owner.close();
    await refused;
    expect(await pair.joiner.call("hello", null, repeatable)).toBeNull();
  });
});

test("data that cannot be opened fails the call, and the next one tries again", async () => {
  let attempts = 0;
  const shared = shareFolder({
    path: temporaryFolder(),
    open: async () => {
      attempts += 1;
      if (attempts === 1) throw new TrestleError("unavailable", "The disk is away.");
      return { answer: async () => "here", close: async () => {} };
    },
  });
  onTestFinished(() => shared.close());
  await expect(shared.call("get", null, repeatable)).rejects.toThrow("The disk is away.");
  expect(await shared.call("get", null, repeatable)).toBe("here");
});

function forever(): Promise<JsonValue> {
  return new Promise(() => {});
}

function untilAborted(signal: AbortSignal): Promise<JsonValue> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new TrestleError("cancelled", "Aborted.")));
  });
}
