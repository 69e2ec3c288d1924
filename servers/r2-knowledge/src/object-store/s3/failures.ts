import type { ObjectStoreErrorCode } from "../object-store.ts";

/** Why a request did not do what it asked for. */
export type Reason =
  | Exclude<ObjectStoreErrorCode, "outcome_unknown" | "damaged">
  | "not_found"
  | "no_such_upload"
  | "no_such_range"
  | "other_region";

export interface Failure {
  readonly reason: Reason;
  /**
   * May it have been done all the same? `no`; `answered`: an error came back, so nothing is under
   * way any more; `silent`: nobody said anything, and it may even be done later.
   */
  readonly done: "no" | "answered" | "silent";
  /** May the same request do better a little later? */
  readonly isPassing: boolean;
  /** What the store asked to wait. */
  readonly waitMs: number | undefined;
  /** What S3 or the system calls it: `SlowDown`, `ECONNRESET`, or `HTTP 500`. */
  readonly name: string;
  readonly status: number | undefined;
}

/** What is known of an error of the SDK. It is not kept: it holds the request, signed as it was. */
interface SdkError {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Record<string, string> };
}

type Known = readonly [reason: Reason, kind?: "passing" | "answered"];

const BY_NAME: Readonly<Record<string, Known>> = {
  NoSuchKey: ["not_found"],
  NoSuchBucket: ["no_bucket"],
  NoSuchUpload: ["no_such_upload"],
  InvalidRange: ["no_such_range"],
  PreconditionFailed: ["precondition_failed"],
  RequestTimeTooSkewed: ["clock_skew"],
  EntityTooLarge: ["too_large"],
  MetadataTooLarge: ["too_large"],
  KeyTooLongError: ["bad_key"],
  InvalidObjectName: ["bad_key"],
  InvalidURI: ["bad_key"],
  QuotaExceeded: ["full"],
  ServiceQuotaExceeded: ["full"],
  XMinioStorageFull: ["full"],
  SlowDown: ["throttled", "passing"],
  TooManyRequests: ["throttled", "passing"],
  ConditionalRequestConflict: ["throttled", "passing"],
  OperationAborted: ["throttled", "passing"],
  RequestTimeout: ["unavailable", "passing"],
  BadDigest: ["unavailable", "passing"],
  IncompleteBody: ["unavailable", "passing"],
  InternalError: ["unavailable", "answered"],
  PermanentRedirect: ["other_region"],
  TemporaryRedirect: ["other_region"],
  AuthorizationHeaderMalformed: ["other_region"],
};

const BY_STATUS: Readonly<Record<number, Known>> = {
  301: ["other_region"],
  401: ["denied"],
  403: ["denied"],
  404: ["not_found"],
  409: ["throttled", "passing"],
  412: ["precondition_failed"],
  413: ["too_large"],
  416: ["no_such_range"],
  429: ["throttled", "passing"],
  500: ["unavailable", "answered"],
  503: ["unavailable", "answered"],
  507: ["full"],
};

/** Errors of a connection that never came to be. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const UNTRUSTED = /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_VERIFY/;

export function readFailure(thrown: unknown): Failure {
  const error = (thrown ?? {}) as SdkError;
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  if (status === undefined) return silence(error);
  const code = error.Code ?? error.name ?? "";
  const [reason, kind] = BY_NAME[code] ?? byStatus(status);
  const seconds = Number(error.$response?.headers?.["retry-after"] ?? Number.NaN);
  return {
    reason,
    // A gateway that answers for a server may have passed the request on.
    done: kind === "answered" ? (status === 502 || status === 504 ? "silent" : "answered") : "no",
    // The SDK signs by the store's clock from then on.
    isPassing:
      kind !== undefined ||
      (reason === "clock_skew" && error.$metadata?.clockSkewCorrected === true),
    waitMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
    name: /^[A-Za-z]{3,60}$/.test(code) ? code : `HTTP ${status}`,
    status,
  };
}

function byStatus(status: number): Known {
  return BY_STATUS[status] ?? (status > 501 ? ["unavailable", "answered"] : ["unavailable"]);
}

/** No answer came, or none that could be read. */
function silence(error: SdkError): Failure {
  const name = error.code ?? error.name ?? "Error";
  const isConnecting =
    NEVER_SENT.test(name) || error.syscall === "connect" || /establish/.test(error.message ?? "");
  return {
    reason: "unavailable",
    done: UNTRUSTED.test(name) || isConnecting ? "no" : "silent",
    isPassing: !UNTRUSTED.test(name),
    waitMs: undefined,
    name,
    status: undefined,
  };
}
