import { DurableObject } from "cloudflare:workers";
import type { Turn } from "../../src/core/core.ts";
import { createObjectCore } from "../../src/core/create-core.ts";
import { type OwnedCore, withOwnership } from "../../src/core/owned-core.ts";
import type { ObjectClasses } from "../../src/object-class.ts";
import { OBJECT_ERROR_STATUS } from "../../src/object-error.ts";
import {
  type Answer,
  type CallRequest,
  DEFAULT_LIMITS,
  type DeleteRequest,
  type EventsPage,
  type InitializeRequest,
  type ObjectRef,
  type ObjectView,
  PING_FRAME,
  PONG_FRAME,
} from "../../src/protocol.ts";
import type { ObjectCopy } from "../../src/wire/copy.ts";
import type { EventsQuery } from "../../src/wire/route.ts";
import { eventFrames, firstFrames } from "../../src/wire/watch-frames.ts";
import { failed, type Outcome, outcomeOf } from "./outcome.ts";
import { createRegistration, type Registration } from "./registry.ts";
import { takeMessage } from "./socket-calls.ts";
import { createSockets, expire, isExpired, type Sockets, send } from "./sockets.ts";
import { createSqlPort } from "./sql-port.ts";
import { readWatch } from "./watch-request.ts";

export interface ObjectEnv {
  readonly REGISTRY: DurableObjectNamespace;
}

/** As the front sees one object. */
export interface ObjectStub {
  initialize(ref: ObjectRef, request: InitializeRequest, caller: string): Promise<Outcome<Answer>>;
  call(ref: ObjectRef, request: CallRequest, caller: string): Promise<Outcome<Answer>>;
  remove(ref: ObjectRef, request: DeleteRequest, caller: string): Promise<Outcome<Answer>>;
  get(ref: ObjectRef): Promise<Outcome<ObjectView>>;
  events(ref: ObjectRef, query: EventsQuery): Promise<Outcome<EventsPage>>;
  copy(ref: ObjectRef): Promise<Outcome<ObjectCopy | null>>;
  accept(copy: ObjectCopy, replaces: number): Promise<Outcome<null>>;
  release(ref: ObjectRef, owner: string): Promise<Outcome<ObjectCopy | null>>;
  fetch(request: Request): Promise<Response>;
}

/** One object of any class. Its front has checked who asks before it is woken. */
export class ObjectHostBase extends DurableObject<ObjectEnv> {
  readonly #classes: ObjectClasses;
  readonly #core: OwnedCore;
  readonly #sockets: Sockets;
  readonly #registration: Registration;
  #alarmAt: number | undefined;

  constructor(context: DurableObjectState, env: ObjectEnv, classes: ObjectClasses) {
    super(context, env);
    const { storage } = context;
    this.#classes = classes;
    const sql = createSqlPort(storage);
    const core = createObjectCore({
      ...{ sql, classes, limits: DEFAULT_LIMITS },
      now: () => Date.now(),
      newId: () => crypto.randomUUID(),
    });
    this.#core = withOwnership(core, sql);
    this.#sockets = createSockets(context);
    this.#registration = createRegistration({ storage, registry: env.REGISTRY });
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING_FRAME, PONG_FRAME));
  }

  initialize(ref: ObjectRef, request: InitializeRequest, caller: string) {
    return this.#turn(ref, (core) => core.initialize(ref, request, caller));
  }

  call(ref: ObjectRef, request: CallRequest, caller: string) {
    return this.#turn(ref, (core) => core.call(ref, request, caller));
  }

  remove(ref: ObjectRef, request: DeleteRequest, caller: string) {
    return this.#turn(ref, (core) => core.delete(ref, request, caller));
  }

  get(ref: ObjectRef): Outcome<ObjectView> {
    return outcomeOf(() => this.#core.get(ref));
  }

  events(ref: ObjectRef, query: EventsQuery): Outcome<EventsPage> {
    return outcomeOf(() => this.#core.events(ref, query));
  }

  copy(ref: ObjectRef): Outcome<ObjectCopy | null> {
    return outcomeOf(() => this.#core.copy(ref) ?? null);
  }

  async accept(copy: ObjectCopy, replaces: number): Promise<Outcome<null>> {
    const outcome = outcomeOf(() => {
      const { alarmAt } = this.#core.accept(copy, replaces);
      this.#registration.want({ class: copy.class, id: copy.id }, copy.alive);
      this.#sockets.tellAll({ type: "state", ...this.#core.snapshot(copy) });
      this.#schedule(alarmAt);
      return null;
    });
    if (this.#registration.isOwed()) await this.#registration.settle();
    return outcome;
  }

  release(ref: ObjectRef, owner: string): Outcome<ObjectCopy | null> {
    return outcomeOf(() => {
      const copy = this.#core.release(ref, owner) ?? null;
      this.#sockets.endAll();
      return copy;
    });
  }

  /** Only watchers come this way; the front has said who they are. */
  override fetch(request: Request): Response {
    const { watcher, query } = readWatch(request);
    const { 0: client, 1: server } = new WebSocketPair();
    const first = outcomeOf(() => firstFrames(this.#core, watcher.ref, query));
    if (!first.ok) {
      return Response.json(
        { error: first.error },
        { status: OBJECT_ERROR_STATUS[first.error.code] },
      );
    }
    this.#sockets.accept(server, watcher, query.state ? "whole" : "bare");
    for (const frame of first.value) send(server, JSON.stringify(frame));
    this.#schedule(this.#core.alarms(1)[0]?.at);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const watcher = this.#sockets.watcherOf(socket);
    if (watcher === undefined || isExpired(watcher, Date.now())) {
      expire(socket);
      return;
    }
    const outcome = takeMessage({ core: this.#core, classes: this.#classes }, watcher, message);
    if (outcome.kind === "close") {
      socket.close(outcome.code, outcome.reason);
      return;
    }
    if (outcome.turn !== undefined) this.#stored(watcher.ref, outcome.turn);
    send(socket, outcome.text);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // A code that the network made up cannot be sent back.
    socket.close(code === 1005 || code === 1006 || code === 1015 ? 1000 : code);
  }

  override webSocketError(socket: WebSocket): void {
    socket.close(1011);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    this.#sockets.endExpired(Date.now());
    const due = this.#core.alarms(1)[0];
    const rung = due === undefined ? undefined : this.#ring(due.ref);
    if (due !== undefined && rung !== undefined) this.#stored(due.ref, rung);
    await this.#registration.settle();
    this.#schedule(this.#core.alarms(1)[0]?.at);
  }

  /** One that fails was put off by the core; the log has why. */
  #ring(ref: ObjectRef): Turn | undefined {
    try {
      return this.#core.ring(ref);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  async #turn(ref: ObjectRef, work: (core: OwnedCore) => Turn): Promise<Outcome<Answer>> {
    const outcome = outcomeOf(() => {
      const turn = work(this.#core);
      this.#stored(ref, turn);
      return turn.answer;
    });
    // Who has made an object finds it in the list; where the registry is away, the alarm tells it later.
    if (this.#registration.isOwed()) await this.#registration.settle();
    return outcome;
  }

  /** All of this is stored with the turn itself, or not at all: nothing here waits. */
  #stored(ref: ObjectRef, turn: Turn): void {
    const frames = eventFrames(turn, () => this.#core.snapshot(ref).state);
    if (frames !== undefined) this.#sockets.tell(frames, Date.now());
    const { kind } = turn.event ?? {};
    if (kind === "initialized" || kind === "deleted") {
      this.#registration.want(ref, kind === "initialized");
    }
    this.#schedule(turn.alarmAt);
  }

  /** The object has one alarm: its own, the registry's, and the ends of tokens share it. */
  #schedule(alarmAt: number | undefined): void {
    const all = [alarmAt, this.#registration.dueAt(Date.now()), this.#sockets.soonestEnd()];
    const due = all.filter((at) => at !== undefined);
    if (due.length === 0) return;
    const at = Math.min(...due);
    if (at === this.#alarmAt) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }
}
