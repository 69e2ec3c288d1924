import { acting, asAgent, checkMember, party } from "../access.ts";
import { conflictsWith, release, reserve, untilOf } from "../core/files.ts";
import { memoryGet, memoryPut, memorySearch } from "../core/memory.ts";
import { acknowledge, send, unreadBy, unreadCount } from "../core/messages.ts";
import type { Swarms } from "../swarms.ts";
import { toHolder, toMemory, toMessage } from "../views.ts";
import type { Desk } from "./desk.ts";

type SharingCalls = Pick<
  Swarms,
  | "reserve"
  | "release"
  | "holders"
  | "send"
  | "inbox"
  | "acknowledge"
  | "memoryPut"
  | "memoryGet"
  | "memorySearch"
>;

/** What agents of a swarm share besides tasks: files, messages, and what they know. */
export function createSharingCalls(desk: Desk): SharingCalls {
  return {
    reserve: (request, who) =>
      desk.turn(request, who, (turn) => {
        const { paths, mode, reason, ttlMs = turn.swarm.leaseMs } = request;
        const { state, at } = turn;
        const given = reserve(turn, acting(turn, who), { paths, mode, reason, ttlMs });
        if (Array.isArray(given)) {
          return {
            granted: false,
            conflicts: given.map((each) => toHolder(state, each, at)),
          } as const;
        }
        const until = new Date(untilOf(state, given, at)).toISOString();
        return { granted: true, reservation: given.id, until } as const;
      }),
    release: (request, who) =>
      desk.turn(request, who, (turn) => ({ released: release(turn, acting(turn, who), request) })),
    holders: (request, who) =>
      desk.turn(request, who, ({ state, at }) => {
        checkMember(state, who);
        const own = who.agentToken === undefined ? {} : { agent: asAgent({ state }, who).id };
        const conflicts = conflictsWith(state, { paths: request.paths, mode: "exclusive", ...own });
        return conflicts.map((each) => toHolder(state, each, at));
      }),
    send: (request, who) =>
      desk.turn(request, who, (turn) => {
        const { id, to } = send(turn, party(turn, who), request);
        return { id, to };
      }),
    inbox: (request, who) =>
      desk.turn(request, who, (turn) => {
        const reader = party(turn, who);
        const messages = unreadBy(turn.state, reader, request.after).slice(0, request.limit);
        return { messages: messages.map(toMessage), unread: unreadCount(turn.state, reader) };
      }),
    acknowledge: (request, who) =>
      desk.turn(request, who, (turn) => {
        const reader = party(turn, who);
        const acknowledged = acknowledge(turn, reader, request.ids);
        return { acknowledged, unread: unreadCount(turn.state, reader) };
      }),
    memoryPut: (request, who) =>
      desk.turn(request, who, (turn) => toMemory(memoryPut(turn, party(turn, who), request))),
    memoryGet: (request, who) =>
      desk.turn(request, who, ({ state }) => {
        checkMember(state, who);
        return toMemory(memoryGet(state, request.key));
      }),
    memorySearch: (request, who) =>
      desk.turn(request, who, ({ state }) => {
        checkMember(state, who);
        return memorySearch(state, request).map(toMemory);
      }),
  };
}
