import { describe, expect, test } from "vitest";
import { openS3Store } from "./open-s3-store.ts";
import { fromR2Settings } from "./settings.ts";

const VARIABLES = {
  R2_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
  R2_ACCESS_KEY_ID: "key-id",
  R2_SECRET_ACCESS_KEY: "the-secret",
  R2_AUDIT_BUCKET: "audits",
};

describe("the variables of R2", () => {
  test("name the account's own endpoint", () => {
    expect(fromR2Settings(VARIABLES)).toEqual({
      endpoint: "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
      bucket: "audits",
      credentials: { accessKeyId: "key-id", secretAccessKey: "the-secret" },
    });
  });

  test("may name another endpoint and region instead of the account", () => {
    const elsewhere = { R2_ENDPOINT: "http://127.0.0.1:9000/s3/", R2_REGION: "eu-west-1" };
    expect(fromR2Settings({ ...VARIABLES, R2_ACCOUNT_ID: undefined, ...elsewhere })).toMatchObject({
      endpoint: "http://127.0.0.1:9000/s3",
      region: "eu-west-1",
    });
  });

  test("that are missing are named, all at once", () => {
    expect(() => fromR2Settings({ R2_ACCESS_KEY_ID: "key-id" })).toThrow(
      "set also R2_SECRET_ACCESS_KEY, R2_AUDIT_BUCKET, R2_ACCOUNT_ID (or R2_ENDPOINT)",
    );
  });

  test.each([
    { R2_ENDPOINT: "s3.example.com" },
    { R2_ENDPOINT: "https://key:the-secret@s3.example.com" },
    { R2_ACCOUNT_ID: "https://dash.example.com/the-secret" },
  ])("of %o are refused, without showing what they hold", (wrong) => {
    let message = "";
    try {
      fromR2Settings({ ...VARIABLES, ...wrong });
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).not.toBe("");
    expect(message).not.toContain("the-secret");
  });
});

test("a store says which bucket it is, and nothing of its key", () => {
  const { description } = openS3Store(fromR2Settings(VARIABLES));
  expect(description).toBe(
    "bucket audits at https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
  );
});
