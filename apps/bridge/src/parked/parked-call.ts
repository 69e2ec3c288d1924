import {
  createOwnSignal,
  type JsonObject,
  listenTo,
  type RequestContext,
  RPC,
  RpcError,
  TrestleError,
} from "@trestle/protocol";
import { missingCapability } from "@trestle-mcp/server-kit/serving";
import { toModernQuestion } from "./question.ts";

/** What a caller gets: the answer of the server, or what it asks first. */
export type Turn =
  | { readonly kind: "answer"; readonly result: JsonObject }
  | { readonly kind: "questions"; readonly requests: JsonObject };

/** A request of a modern client whose server may ask back: it goes on while the client is away to answer. */
export interface ParkedCall {
  /**
   * The next turn, for whoever waits now: the client's first request, and then each that brings answers.
   * A later one takes the place of an earlier. Who leaves, ends the call.
   */
  next(context: RequestContext): Promise<Turn>;
  /** Hands over the answers to what was asked; those to anything else are left out. Throws for what is none. */
  answer(responses: JsonObject): void;
  isWaitedFor(): boolean;
  end(reason: unknown): void;
}

export interface ParkedCallParts {
  readonly run: (context: RequestContext) => Promise<JsonObject>;
  /** Called before the first question of each turn; throws where the call may not wait. */
  readonly admit: () => void;
}

interface Question {
  readonly request: JsonObject;
  resolve(response: JsonObject): void;
  reject(error: unknown): void;
}

interface Waiter {
  readonly context: RequestContext;
  give(turn: Turn): void;
  fail(error: unknown): void;
}

/** The request starts when it is first waited for. */
export function createParkedCall(first: RequestContext, parts: ParkedCallParts): ParkedCall {
  const own = createOwnSignal();
  const questions = new Map<string, Question>();
  let isStarted = false;
  let asked = 0;
  let waiter: Waiter | undefined;
  let { client } = first;
  let outcome: { readonly result: JsonObject } | { readonly error: unknown } | undefined;

  async function ask(method: string, params: JsonObject): Promise<JsonObject> {
    const missing = missingCapability({ method, params }, client.capabilities);
    if (missing) {
      const data = { requiredCapabilities: missing };
      throw new RpcError(RPC.missingClientCapability, `The client cannot answer ${method}.`, data);
    }
    parts.admit();
    asked += 1;
    const key = `q${asked}`;
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    questions.set(key, { request: toModernQuestion(method, params), resolve, reject });
    hand();
    return promise;
  }

  /** Gives whoever waits what there is for them. */
  function hand(): void {
    if (!waiter || (!outcome && questions.size === 0)) return;
    const { give, fail } = waiter;
    waiter = undefined;
    if (!outcome) give({ kind: "questions", requests: requestsOf(questions) });
    else if ("error" in outcome) fail(outcome.error);
    else give({ kind: "answer", result: outcome.result });
  }

  function finish(how: NonNullable<typeof outcome>): void {
    outcome = how;
    for (const { reject } of questions.values()) reject(answeredAlready());
    questions.clear();
    hand();
  }

  function end(reason: unknown): void {
    for (const { reject } of questions.values()) reject(reason);
    questions.clear();
    own.abort(reason);
  }

  function start(): void {
    isStarted = true;
    const { onProgress, onLog } = first;
    const context: RequestContext = {
      ...first,
      signal: own.signal,
      own,
      askClient: ask,
      // To whoever waits now. In between there is nobody to tell.
      ...(onProgress && { onProgress: (progress) => waiter?.context.onProgress?.(progress) }),
      ...(onLog && { onLog: (message) => waiter?.context.onLog?.(message) }),
    };
    parts.run(context).then(
      (result) => finish({ result }),
      (error) => finish({ error }),
    );
  }

  return {
    next(context) {
      waiter?.fail(takenOver());
      client = context.client;
      return new Promise((resolve, reject) => {
        const stop = listenTo(context.signal, context.own, () => end(context.signal.reason));
        waiter = {
          context,
          give(turn) {
            stop();
            resolve(turn);
          },
          fail(error) {
            stop();
            reject(error);
          },
        };
        if (context.signal.aborted) end(context.signal.reason);
        if (isStarted) hand();
        else start();
      });
    },
    answer(responses) {
      const known = [...questions].filter(([key]) => responses[key] !== undefined);
      for (const [key] of known) checkResponse(key, responses[key]);
      for (const [key, { resolve }] of known) {
        questions.delete(key);
        resolve(responses[key] as JsonObject);
      }
    },
    isWaitedFor: () => waiter !== undefined,
    end,
  };
}

function requestsOf(questions: ReadonlyMap<string, Question>): JsonObject {
  return Object.fromEntries([...questions].map(([key, { request }]) => [key, request]));
}

function checkResponse(key: string, response: unknown): void {
  if (typeof response === "object" && response !== null && !Array.isArray(response)) return;
  throw new RpcError(RPC.invalidParams, `inputResponses.${key} must be an object.`);
}

function answeredAlready(): TrestleError {
  return new TrestleError("cancelled", "The call that this question belongs to is over.");
}

function takenOver(): TrestleError {
  return new TrestleError(
    "cancelled",
    "The same requestState was sent again; the answer goes to that request.",
  );
}
