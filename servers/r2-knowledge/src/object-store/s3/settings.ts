import type { Clock } from "@trestle/protocol";
import type { S3Operation } from "./operations.ts";

/** Which bucket, where, and who asks. */
export interface S3Settings {
  /** Where the S3 API is: `https://….r2.cloudflarestorage.com`, `https://s3.eu-west-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly bucket: string;
  /** R2 has one region, `auto`, which is taken where left out. */
  readonly region?: string | undefined;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface S3Options extends S3Settings {
  /** Hears of every request that was sent, also those of retries, once it ended. */
  readonly onRequest?: ((request: SentRequest) => void) | undefined;
  /** How often a request is sent at most, the first time counted; 6 where left out. */
  readonly attempts?: number | undefined;
  /** How long an attempt may be without an answer or without the next byte, in ms; 30,000 where left out. */
  readonly silenceMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** At least 0, below 1. */
  readonly random?: (() => number) | undefined;
  /** Names of writes, unique for ever. */
  readonly newId?: (() => string) | undefined;
}

/** One request as it is billed. */
export interface SentRequest {
  readonly operation: S3Operation;
  /** R2's classes: A changes or lists, B reads; deletes and refused requests are free. */
  readonly class: "A" | "B" | "free";
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined;
}

/** The variables of R2, by the names that people have set already. */
export interface R2Variables {
  readonly R2_ACCOUNT_ID?: string | undefined;
  readonly R2_ACCESS_KEY_ID?: string | undefined;
  readonly R2_SECRET_ACCESS_KEY?: string | undefined;
  readonly R2_AUDIT_BUCKET?: string | undefined;
  /** Another S3 than the account's own endpoint, such as `https://….eu.r2.cloudflarestorage.com`. */
  readonly R2_ENDPOINT?: string | undefined;
  /** Only for another S3 than R2. */
  readonly R2_REGION?: string | undefined;
}

/**
 * Settings of those variables.
 * @throws Error that names all that is missing or wrong, and never a value of a credential.
 */
export function fromR2Settings(variables: R2Variables): S3Settings {
  const { R2_ACCOUNT_ID, R2_ENDPOINT, R2_REGION } = variables;
  const needed = ["R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_AUDIT_BUCKET"] as const;
  const missing: string[] = needed.filter((name) => !variables[name]);
  if (!R2_ENDPOINT && !R2_ACCOUNT_ID) missing.push("R2_ACCOUNT_ID (or R2_ENDPOINT)");
  if (missing.length > 0) throw new Error(`For a bucket, set also ${missing.join(", ")}.`);
  if (!R2_ENDPOINT && !/^[0-9a-z]+$/i.test(R2_ACCOUNT_ID ?? "")) {
    throw new Error("R2_ACCOUNT_ID is not the id of an account: 32 letters and digits, no URL.");
  }
  const [accessKeyId = "", secretAccessKey = "", bucket = ""] = needed.map(
    (name) => variables[name],
  );
  return {
    endpoint: parseEndpoint(R2_ENDPOINT || `https://${R2_ACCOUNT_ID}.r2.cloudflarestorage.com`),
    bucket,
    ...(R2_REGION ? { region: R2_REGION } : {}),
    credentials: { accessKeyId, secretAccessKey },
  };
}

/**
 * The endpoint without a slash at its end.
 * @throws Error where it is no http(s) URL, or holds credentials, which would be shown with it.
 */
export function parseEndpoint(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error("The endpoint of a bucket is a URL that begins with https://.");
  }
  if (url.username || url.password || url.search) {
    throw new Error("The endpoint of a bucket holds no credentials; set the access key apart.");
  }
  return url.href.replace(/\/+$/, "");
}
