import type { Duplex } from "node:stream";
import { type Clock, isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import { TURN_PARAMETER } from "../watch.ts";
import type { Engine } from "./engine.ts";
import {
  createFrameSplitter,
  type Frame,
  fatalError,
  parameterStatus,
  queryMessage,
  welcome,
} from "./frames.ts";
import type { Leases } from "./leases.ts";

/** One connection to the engine, as a server of Postgres sees it. */
export interface WireSession {
  readonly secretKey: number;
  /** Stops what it runs, or its waiting. */
  cancel(): void;
  /** Ends as soon as its piece of work is done; one that has none, at once. Resolves when it has ended. */
  leave(): Promise<void>;
  end(): void;
  readonly ended: Promise<void>;
}

export interface WireSessionOptions {
  readonly id: number;
  readonly secretKey: number;
  readonly stream: Duplex;
  readonly engine: Engine;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Logger;
  /** Asked by a connection that came for nothing else. */
  readonly cancel: (processId: number, secretKey: number) => void;
}

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
/** The last message of a group that is answered as a whole: query, sync, flush. */
const ENDS_GROUP = new Set(["Q", "S", "H"]);
/** The word by which a client says that its piece of work is over. */
const GOODBYE = queryMessage("DISCARD ALL");
/** What `DISCARD ALL` does at a server: here it leaves the session to whom it was last given. */
const AS_OWNER = queryMessage("SET SESSION AUTHORIZATION postgres");
/** How long somebody may keep the session for himself without a word while others wait. */
const SILENCE_MS = 60_000;
/** A statement whose caller is gone has so long to end by itself. */
const ABANDONED_MS = 1_000;

export function createWireSession(options: WireSessionOptions): WireSession {
  const { id, secretKey, stream, engine, leases, clock, log } = options;
  const frames = createFrameSplitter();
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<void>();
  const groups: Buffer[] = [];
  let group: Buffer[] = [];
  let started = false;
  let working = false;
  let running = false;
  let leaving = false;
  let over = false;
  let cancelSilence = () => {};
  /** What the lease is taken by. */
  const self = {};

  stream.on("data", (chunk: Buffer) => {
    try {
      frames.push(chunk);
      receive();
    } catch (error) {
      log.warn("A connection to the embedded database was ended", { error: messageOf(error) });
      end();
    }
  });
  stream.on("error", () => {});
  stream.once("end", end);
  stream.once("close", end);

  function receive(): void {
    while (!over) {
      const frame = frames.next(started);
      if (!frame) return;
      if (!started) start(frame);
      else if (frame.type === "X") end();
      else {
        group.push(frame.bytes);
        if (!ENDS_GROUP.has(frame.type)) continue;
        groups.push(Buffer.concat(group));
        group = [];
        if (!working) void work();
      }
    }
  }

  function start({ bytes }: Frame): void {
    const code = bytes.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) stream.write("N");
    else if (code === CANCEL_REQUEST) {
      options.cancel(bytes.readInt32BE(8), bytes.readInt32BE(12));
      end();
    } else {
      started = true;
      stream.write(welcome(id, secretKey));
    }
  }

  async function work(): Promise<void> {
    working = true;
    cancelSilence();
    try {
      for (let next = groups.shift(); next && !over; next = groups.shift()) await answer(next);
    } catch (error) {
      fail(error);
    } finally {
      working = false;
    }
    if (over) await giveUp();
    else if (leaves()) end();
    else if (holds()) cancelSilence = clock.after(SILENCE_MS, askForWord);
  }

  async function answer(messages: Buffer): Promise<void> {
    if (!holds()) {
      if (!(await leases.take(self)) || over) return;
      await engine.open();
      if (over) return;
      stream.write(parameterStatus(TURN_PARAMETER, "1"));
    }
    const answered = await run(messages);
    if (over) return;
    stream.write(answered);
    if (!messages.equals(GOODBYE) || answered.at(-1) !== IDLE) return;
    await run(AS_OWNER);
    leases.release(self);
  }

  async function run(messages: Buffer): Promise<Uint8Array> {
    running = true;
    try {
      return await engine.run(messages);
    } finally {
      running = false;
    }
  }

  function holds(): boolean {
    return leases.holder() === self;
  }

  function leaves(): boolean {
    return leaving && !holds();
  }

  /** The engine ended under the work, by its own fault or because it was told to. */
  function fail(error: unknown): void {
    if (over) return;
    const known = isTrestleError(error);
    log.warn("The embedded database stopped a piece of work", { error: messageOf(error) });
    const retryable = known && error.retryable ? "Y" : "N";
    stream.write(fatalError(`XT00${retryable}`, messageOf(error)));
    end();
  }

  function askForWord(): void {
    if (working || !holds()) return;
    if (leases.waiting() === 0) cancelSilence = clock.after(SILENCE_MS, askForWord);
    else {
      stream.write(fatalError("25P03", "the connection was silent while others waited"));
      end();
    }
  }

  function cancel(): void {
    if (running) {
      stream.write(fatalError("57014", "canceling statement due to user request"));
      over = true;
      void engine.stop();
    } else if (working) {
      stream.write(fatalError("57014", "canceling statement due to user request"));
      end();
    }
  }

  function end(): void {
    const first = !over;
    over = true;
    cancelSilence();
    if (running && first) clock.after(ABANDONED_MS, () => running && void engine.stop());
    if (!working) void giveUp();
    else if (!running) leases.release(self);
  }

  /** The session is made clean for whoever comes next; an engine that can not even do that is ended. */
  async function giveUp(): Promise<void> {
    if (holds() && engine.isOpen()) {
      await engine
        .run(queryMessage("ROLLBACK"))
        .then(() => engine.run(GOODBYE))
        .then(() => engine.run(AS_OWNER))
        .catch(() => engine.stop());
    }
    leases.release(self);
    stream.end(() => stream.destroy());
    markEnded();
  }

  return {
    secretKey,
    cancel,
    leave() {
      leaving = true;
      if (!holds()) end();
      return ended;
    },
    end,
    ended,
  };
}

const IDLE = "I".charCodeAt(0);
