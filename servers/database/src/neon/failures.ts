import type { NeonErrorUnion } from "@neon/sdk";
import { type ErrorFacts, TrestleError } from "@trestle/protocol";
import { API_KEYS_PAGE } from "./api.ts";

const NEVER_LEFT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "CERT_HAS_EXPIRED"]);

/** An error of the SDK as one of ours. `deed` says what was to be changed; without it something was read. */
export function toNeonFailure(error: unknown, deed?: string): unknown {
  if (!isOfSdk(error)) return error;
  switch (error.kind) {
    case "auth":
    case "not_found":
    case "rate_limit":
    case "api":
      return fromAnswer(error, deed);
    case "operation":
      return failure(
        "unavailable",
        `Neon began to ${deed ?? "work"}, and failed: ${error.message} list_operations shows what happened.`,
        { retryable: false },
      );
    case "timeout":
      if (error.source === "wait") return stillAtWork(deed);
      return deed ? unknownOutcome(deed) : failure("timeout", "Neon did not answer in time.");
    case "network":
      return fromNetwork(error.reason, deed);
    case "aborted":
      return failure("cancelled", "The call was cancelled while Neon was asked.");
    default:
      return failure("invalid_input", error.message);
  }
}

type AnswerError = Extract<NeonErrorUnion, { status: number; body: unknown }>;

function fromAnswer(error: AnswerError, deed: string | undefined): TrestleError {
  const { status } = error;
  const said = `Neon answered ${status}: ${error.message}`;
  const details = { status, ...(error.requestId ? { requestId: error.requestId } : {}) };
  if (status < 400) return notTheApi(status, deed);
  if (status === 401) {
    return failure(
      "denied",
      `Neon does not know the API key: check NEON_API_KEY, or make a new key at ${API_KEYS_PAGE}.`,
      { details },
    );
  }
  if (status === 403)
    return failure("denied", `${said}. The API key may not do this.`, { details });
  if (status === 404) {
    const where = "list_projects and list_branches show what there is.";
    return failure("not_found", `${said}. ${where}`, { details });
  }
  if (status === 423) {
    return failure(
      "unavailable",
      `${said}. An earlier change of this project is still on its way: list_operations shows when it is done, then try again.`,
      { details, retryable: true },
    );
  }
  if (status === 429) {
    const retryAfterMs = retryAfterOf(error);
    return failure("rate_limited", `${said}. Wait before you ask again.`, {
      details,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (status === 409) return failure("conflict", said, { details });
  if (status < 500) return failure("invalid_input", said, { details });
  if (deed && status !== 503) return unknownOutcome(deed);
  return failure("unavailable", `${said}. https://neonstatus.com tells of outages.`, { details });
}

/** A page of somebody else, or half an answer. */
function notTheApi(status: number, deed: string | undefined): TrestleError {
  if (deed) return unknownOutcome(deed);
  return failure(
    "unavailable",
    `What answered (with ${status}) is not Neon's API: check NEON_API_URL, and proxies on the way.`,
  );
}

function fromNetwork(reason: string, deed: string | undefined): TrestleError {
  if (deed && !NEVER_LEFT.has(reason)) return unknownOutcome(deed);
  return failure(
    "unavailable",
    `Neon's API was not reached (${reason}): check the network, and NEON_API_URL where it is set.`,
  );
}

function unknownOutcome(deed: string): TrestleError {
  return failure(
    "outcome_unknown",
    `Neon was asked to ${deed}, and its answer was lost: it may have happened. list_operations, list_projects and list_branches show; look before you ask again.`,
  );
}

function stillAtWork(deed: string | undefined): TrestleError {
  return failure(
    "in_progress",
    `Neon agreed to ${deed ?? "do it"} and is still at work. Do not ask again: list_operations shows when it is done.`,
  );
}

function retryAfterOf({ response }: AnswerError): number | undefined {
  const seconds = Number(response?.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

/** By its marks, since the SDK may not be loaded where this is asked. */
function isOfSdk(error: unknown): error is NeonErrorUnion {
  return error instanceof Error && /^Neon\w*Error$/.test(error.name) && "kind" in error;
}

/** The error of the SDK is no cause of ours: it carries the whole answer, which may hold passwords. */
function failure(
  code: TrestleError["code"],
  message: string,
  facts: ErrorFacts = {},
): TrestleError {
  return new TrestleError(code, message, facts);
}
