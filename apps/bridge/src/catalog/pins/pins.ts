import {
  type Clock,
  canonicalJson,
  digestOf,
  type JsonObject,
  type Logger,
  messageOf,
} from "@trestle/protocol";
import type { LiveConfig } from "../../config/live.ts";
import { OWN_SERVER } from "../../tools/names.ts";
import { emptySnapshot, type Snapshot } from "../snapshot.ts";
import { itemsOf, keyOf, type PinItem, type PinnedLists } from "./items.ts";
import { type Judged, judge, type PinMode, type PinRules, type Waiting } from "./judge.ts";
import { openLockFile } from "./lock-file.ts";
import { type Lock, type Pin, type PinnedBy, pinFor, type ServerPins } from "./lock-text.ts";
import type { Neighbours } from "./neighbours.ts";
import { rulesOf } from "./rules.ts";
import { type Finding, scan } from "./scan.ts";
import { scanShadows } from "./scan-shadows.ts";
import { createTelling, type TellParts } from "./telling.ts";
import { watchLock } from "./watch-lock.ts";

/** What of a server waits for approval, or is pinned and gone. */
export interface ServerReport extends Pick<Judged, "waiting" | "gone" | "pinned"> {
  readonly server: string;
  readonly mode: PinMode;
}

/** What somebody approves: definitions that wait, and pins of what is gone. */
export interface Approval {
  readonly waiting: readonly Waiting[];
  readonly gone: Judged["gone"];
}

/** Holds every server to the definitions that were approved: those of its first time, until somebody says more. */
export interface Pins {
  /** Beside the configuration. */
  readonly path: string;
  /**
   * Compares lists, `tools` standing for those of the snapshot, with what is pinned, and with the tools of other
   * servers; and pins those of a server that is not pinned yet.
   */
  judge(server: string, from: Snapshot, beside: Surroundings): Judged;
  /** Are definitions of this server withheld until they are approved? */
  isStrict(server: string): boolean;
  /** Of every server that was judged and is pinned at all. */
  report(): readonly ServerReport[];
  /** What is wrong with the file itself. */
  problem(): string | undefined;
  /** Resolves when it is on disk. Throws `conflict` where the file says nothing of what was approved. */
  approve(server: string, approval: Approval): Promise<void>;
  /** Told when lists have to be judged anew. Returns the function that ends it. */
  subscribe(listener: () => void): () => void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

export interface Surroundings {
  readonly tools: Snapshot["tools"];
  /** The very same ones until another server's tools change. */
  readonly neighbours: Neighbours;
}

export interface PinsParts extends TellParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Is there something in the text that must never be written down? */
  readonly holdsSecret: (text: string) => boolean;
}

/** Servers that are read at the same time are written at once. */
const WRITE_MS = 100;

export function createPins(parts: PinsParts): Pins {
  const { live, clock, log, holdsSecret } = parts;
  const path = live.current().lockFile;
  const file = openLockFile(path);
  const telling = createTelling(parts);
  const listeners = new Set<() => void>();
  /** Of servers that were seen for the first time, until they are in the file. */
  const fresh = new Map<string, ServerPins>();
  /** Of definitions that were pinned unseen and have been scanned since, until that is in the file. */
  const rescanned = new Map<string, ServerPins>();
  const judged = new Map<string, { from: Snapshot; neighbours: Neighbours; judged: Judged }>();
  let rules = rulesOf(live.current());
  let unsaved: string | undefined;
  let writing = Promise.resolve();
  let cancelWrite: (() => void) | undefined;
  sayProblem();

  const pinsOf = (server: string): ServerPins | undefined =>
    file.lock() && (file.lock()?.get(server) ?? fresh.get(server));

  function sayProblem(): void {
    const reason = file.problem();
    if (reason !== undefined) log.warn("pins cannot be read", { reason });
  }

  function trust(server: string, lists: Snapshot, { scan: scans }: PinRules): void {
    const items = itemsOf(lists);
    if (items.length === 0) return;
    const by = scans === "off" ? (): PinnedBy => ({ how: "unscanned" }) : scannedAs;
    fresh.set(server, new Map(items.map((item) => [keyOf(item), toPin(item, by(item))])));
    writeSoon();
  }

  /** What was pinned while the scan was off is looked at once it is on. */
  function rescan(server: string, lists: PinnedLists, pins: ServerPins | undefined): void {
    const unseen = itemsOf(lists).filter((item) => isUnseen(pins?.get(keyOf(item)), item.hash));
    if (unseen.length === 0) return;
    rescanned.set(
      server,
      new Map(unseen.map((item) => [keyOf(item), toPin(item, scannedAs(item))])),
    );
    writeSoon();
  }

  function toPin(item: PinItem, by: PinnedBy): Pin {
    return pinFor(item, { by, isSecret: holdsSecret(canonicalJson(item.definition)) });
  }

  function writeSoon(): void {
    cancelWrite ??= clock.after(WRITE_MS, () => void write());
  }

  function write(): Promise<void> {
    cancelWrite?.();
    cancelWrite = undefined;
    writing = writing.then(writeFresh);
    return writing;
  }

  async function writeFresh(): Promise<void> {
    if (fresh.size + rescanned.size === 0) return;
    const added = [...fresh];
    const seen = [...rescanned];
    try {
      // What somebody else has put there meanwhile was there first.
      await file.change((lock) => withSeen(new Map([...added, ...lock]), seen));
      for (const [server, pins] of added) if (fresh.get(server) === pins) fresh.delete(server);
      for (const [server, pins] of seen)
        if (rescanned.get(server) === pins) rescanned.delete(server);
      unsaved = undefined;
    } catch (error) {
      unsaved = `${path}: cannot be written, so what is trusted now is not known at the next start: ${messageOf(error)}`;
      log.warn("pins are not saved", { reason: messageOf(error) });
    }
  }

  function renew(): void {
    judged.clear();
    for (const listener of [...listeners]) listener();
  }

  function readAgain(): void {
    if (!file.read()) return;
    sayProblem();
    renew();
  }

  const unwatch = watchLock(path, clock, readAgain);
  const unsubscribe = live.subscribe((next) => {
    rules = rulesOf(next);
    judged.clear();
    if (file.read()) sayProblem();
  });

  return {
    path,
    judge(server, from, { tools, neighbours }) {
      const known = judged.get(server);
      if (known?.from === from && known.neighbours === neighbours) return known.judged;
      const rule = rules.of(server);
      // What was never read says nothing: not that it has nothing either.
      if (from === emptySnapshot || server === OWN_SERVER || rule.mode === "off") {
        judged.delete(server);
        return { ...NOTHING, lists: { ...from, tools } };
      }
      const lists = { ...from, tools };
      if (file.lock() && !pinsOf(server)) trust(server, lists, rule);
      const pins = pinsOf(server);
      if (rule.scan !== "off") rescan(server, lists, pins);
      const shadowsOf = (item: PinItem) => scanShadows(item, server, neighbours);
      const found = judge(lists, { server, rules: rule, pins, findingsOf, shadowsOf });
      judged.set(server, { from, neighbours, judged: found });
      telling.tell(server, rule.mode, found.waiting);
      return found;
    },
    isStrict: (server) => rules.strict.has(server),
    report: () =>
      [...judged].flatMap(([server, { judged: found }]) => {
        const { mode } = rules.of(server);
        return mode === "off" ? [] : [{ server, mode, ...found }];
      }),
    problem: () => file.problem() ?? unsaved,
    async approve(server, { waiting, gone }) {
      await file.change((lock) => {
        const pins = new Map(lock.get(server) ?? fresh.get(server));
        for (const item of waiting) pins.set(keyOf(item), toPin(item, { how: "approved" }));
        for (const item of gone) pins.delete(keyOf(item));
        return new Map([...lock, [server, pins]]);
      });
      fresh.delete(server);
      renew();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      unsubscribe();
      unwatch();
      await write();
    },
  };
}

/** Changes when what is approved does: whoever looked at it approves that, and nothing that came later. */
export function digestOfApproval({ waiting, gone }: Approval): string {
  const parts = [
    ...waiting.map((item) => [keyOf(item), item.hash]),
    ...gone.map((item) => [keyOf(item), "gone"]),
  ];
  return digestOf(parts).slice(0, 16);
}

const NOTHING: Omit<Judged, "lists"> = {
  withheldTools: new Map(),
  withheldPrompts: new Map(),
  waiting: [],
  gone: [],
  pinned: 0,
};

function isUnseen(pin: Pin | undefined, hash: string): boolean {
  return pin?.unscanned === true && pin.hash === hash;
}

/** With what was found of definitions that are still pinned as they were then, unseen. */
function withSeen(lock: Lock, seen: Iterable<readonly [string, ServerPins]>): Lock {
  const next = new Map(lock);
  for (const [server, found] of seen) {
    const pins = new Map(next.get(server));
    for (const [key, pin] of found) if (isUnseen(pins.get(key), pin.hash)) pins.set(key, pin);
    if (pins.size > 0) next.set(server, pins);
  }
  return next;
}

function scannedAs(item: PinItem): PinnedBy {
  const rules = findingsOf(item).map(({ rule }) => rule);
  return { how: "scanned", findings: [...new Set(rules)] };
}

const found = new WeakMap<JsonObject, readonly Finding[]>();

function findingsOf({ definition }: PinItem): readonly Finding[] {
  const findings = found.get(definition) ?? scan(definition);
  found.set(definition, findings);
  return findings;
}
