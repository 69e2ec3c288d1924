import { BOUNDS } from "../bounds.ts";
import type { MessageRecord } from "../model.ts";
import type { SendMessage } from "../requests.ts";
import type { SwarmState } from "./state.ts";
import { reachedBy, reaches, whyNot } from "./topology.ts";
import { refused, type Turn, tooMuch } from "./turn.ts";

/** An agent's id, or `owner`. */
type Party = string;

/** How many read messages are kept, so that one sent again is known. */
const KEPT = BOUNDS.messages / 2;

/** Stored once for all it is for; sent again under its key, it is the message that is there. */
export function send(turn: Turn, from: Party, request: SendMessage): MessageRecord {
  const { body, thread, replyTo, importance = "normal", key } = request;
  const known = key && turn.state.keys.get(`message ${from} ${key}`);
  const sent = known ? turn.state.records.message.get(known) : undefined;
  if (sent !== undefined) return sent;
  const to = recipients(turn, from, request.to);
  if (body.length > BOUNDS.text) {
    throw refused(
      "invalid_input",
      `body has at most ${BOUNDS.text} characters; put more into memory_put or a file`,
    );
  }
  for (const each of to) {
    if ((turn.state.unread.get(each)?.size ?? 0) >= BOUNDS.unread) {
      throw tooMuch(
        "unread",
        `${each} has ${BOUNDS.unread} messages that it did not acknowledge`,
        "Wait for it",
      );
    }
  }
  forgetRead(turn);
  const seq = turn.next();
  const message: MessageRecord = {
    id: `m${seq}`,
    seq,
    from,
    to,
    pending: to,
    importance,
    body,
    sentAt: turn.at.wall,
    ...(thread === undefined ? {} : { thread }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(key === undefined ? {} : { key }),
  };
  turn.put("message", message.id, message);
  turn.tell({ kind: "message.sent", agent: from, count: to.length });
  return message;
}

function recipients(turn: Turn, from: Party, wanted: readonly string[]): Party[] {
  const { state } = turn;
  const all = wanted.includes("all") ? reachedBy(state, from) : [];
  const to = [...new Set([...all, ...wanted.filter((each) => each !== "all")])];
  for (const each of to) {
    if (each !== "owner") turn.agent(each);
    if (!reaches(state, from, each)) throw refused("denied", whyNot(state, from, each));
  }
  if (to.length === 0) throw refused("conflict", `There is nobody whom ${from} reaches`);
  if (to.length > BOUNDS.recipients) {
    throw refused(
      "invalid_input",
      `A message is for at most ${BOUNDS.recipients}; this one would be for ${to.length}`,
    );
  }
  return to;
}

/** The oldest that were read make room; where none was, there is no room. */
function forgetRead(turn: Turn): void {
  const { message: messages } = turn.state.records;
  if (messages.size < BOUNDS.messages) return;
  const read = [...messages.values()].filter(({ pending }) => pending.length === 0);
  if (read.length === 0) {
    throw tooMuch(
      "messages",
      `The swarm has ${BOUNDS.messages} messages that nobody acknowledged`,
      "acknowledge some",
    );
  }
  const spare = Math.max(1, read.length - KEPT);
  for (const { id } of read.sort((a, b) => a.seq - b.seq).slice(0, spare))
    turn.remove("message", id);
}

/** What is not acknowledged, in the order in which it was sent. */
export function unreadBy(state: SwarmState, reader: Party, after = 0): MessageRecord[] {
  const unread = state.unread.get(reader) ?? new Map<string, number>();
  return [...unread]
    .filter(([, seq]) => seq > after)
    .sort(([, a], [, b]) => a - b)
    .flatMap(([id]) => state.records.message.get(id) ?? []);
}

export function unreadCount(state: SwarmState, reader: Party): number {
  return state.unread.get(reader)?.size ?? 0;
}

/** Again is nothing; what was sent to others is not there. */
export function acknowledge(turn: Turn, reader: Party, ids: readonly string[]): number {
  let count = 0;
  for (const id of new Set(ids)) {
    const message = turn.state.records.message.get(id);
    if (message === undefined || !message.to.includes(reader)) {
      throw refused(
        "invalid_input",
        `There is no message ${id} for ${reader}; read_inbox shows those there are`,
      );
    }
    if (!message.pending.includes(reader)) continue;
    turn.put("message", id, {
      ...message,
      pending: message.pending.filter((each) => each !== reader),
    });
    count += 1;
  }
  if (count > 0) turn.tell({ kind: "message.acknowledged", agent: reader, count });
  return count;
}
