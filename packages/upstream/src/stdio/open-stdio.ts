import type { Clock, Logger } from "@trestle/protocol";
import { createLineSplitter, messageOf } from "@trestle/protocol";
import type { EndGraces, StdioConfig } from "../config.ts";
import { notSent } from "../faults.ts";
import type { Link } from "../json-rpc/link.ts";
import { createPipeLink, type Pipe, type PipeLink } from "../json-rpc/pipe-link.ts";
import type { Child, ProcessRegistry } from "../processes/registry.ts";
import { endChild } from "./end-child.ts";
import { createFrameWriter } from "./frame-writer.ts";
import type { Tail } from "./tail.ts";

const DEFAULT_GRACES: EndGraces = { eofMs: 500, termMs: 700 };
/** How long the last output of an ended child is waited for: another process may hold its pipes open. */
const DRAIN_MS = 100;
const GARBAGE_KEPT = 5;
const GARBAGE_LENGTH = 200;

export interface StdioParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly processes: ProcessRegistry;
  readonly stderr: Tail;
  /** Lines on stdout that were no messages: the first few of them. */
  readonly garbage: string[];
}

/** Starts the server's process and speaks with it over its pipes. */
export async function openStdio(config: StdioConfig, parts: StdioParts): Promise<Link> {
  const { id: upstream, command, args = [], env, cwd } = config;
  const { log, processes } = parts;
  const graces = { ...DEFAULT_GRACES, ...config.graces };
  parts.garbage.length = 0;
  const child = spawnFor(upstream, () => processes.spawn({ upstream, command, args, env, cwd }));
  child.stdin.on("error", () => {});
  await started(child, config);
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= endChild(child, processes, graces);
    return ending;
  };
  const link = createPipeLink({
    upstream,
    pid: child.pid,
    log,
    pipe: {
      send: explaining(createFrameWriter(child.stdin), () => link.closed, parts),
      close: end,
    },
  });
  readOutput(child, link, parts);
  watchEnd(child, link, { clock: parts.clock, end });
  return link;
}

/** What no process can be given is told as any other start that fails. */
function spawnFor(upstream: string, spawn: () => Child): Child {
  try {
    return spawn();
  } catch (error) {
    throw notSent(upstream, { what: `cannot be started: ${messageOf(error)}` }, error);
  }
}

function started(child: Child, { id, command, cwd }: StdioConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => {
      const place = cwd === undefined ? "" : `, or no folder "${cwd}"`;
      const what =
        error.code === "ENOENT"
          ? `cannot be started: there is no command "${command}"${place}`
          : `cannot be started: ${error.message}`;
      reject(notSent(id, { what, details: { command } }, error));
    });
  });
}

/** A broken pipe mostly means that the process has ended, which says more: that is waited for a moment. */
function explaining(
  send: Pipe["send"],
  ended: () => Promise<unknown>,
  { clock }: Pick<StdioParts, "clock">,
): Pipe["send"] {
  return (frame, done) =>
    send(frame, (error) => {
      if (!error) return done();
      const cancel = clock.after(DRAIN_MS, () => tell());
      let tell = (): void => {
        tell = () => {};
        cancel();
        done(error);
      };
      void ended().then(() => tell());
    });
}

function readOutput(child: Child, link: PipeLink, parts: StdioParts): void {
  const { log, stderr, garbage } = parts;
  const splitter = createLineSplitter();
  let ignored = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    const { lines, oversized } = splitter.push(chunk);
    for (const line of lines) {
      if (link.receive(line)) continue;
      ignored += 1;
      if (garbage.length >= GARBAGE_KEPT) continue;
      garbage.push(line.slice(0, GARBAGE_LENGTH));
      log.warn("line on stdout that is no message ignored", { line: garbage.at(-1), ignored });
    }
    if (oversized === 0) return;
    log.error("message over the size limit dropped", { oversized });
    link.oversized();
  });
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (chunk: string) => {
    stderr.push(chunk);
    log.debug("stderr", { text: chunk });
  });
}

/** Declares the link lost when the process ended or closed its output, and has the rest of its group ended. */
function watchEnd(child: Child, link: Link, { clock, end }: EndWatch): void {
  let exit: { code: number | null; signal: string | null } | undefined;
  const lose = () => {
    if (exit) link.lose({ what: describeExit(exit), details: exitDetails(exit) });
    else link.lose({ what: "closed its output" });
    end().catch(() => {});
  };
  child.once("exit", (code, signal) => {
    exit = { code, signal };
    if (child.stdout.readableEnded) lose();
    else clock.after(DRAIN_MS, lose);
  });
  child.stdout.once("end", () => {
    if (exit) lose();
    else clock.after(DRAIN_MS, lose);
  });
}

interface EndWatch {
  readonly clock: Clock;
  end(): Promise<void>;
}
interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

function exitDetails({ code, signal }: Exit): Record<string, number | string> {
  return signal === null ? { exitCode: code ?? -1 } : { signal };
}
