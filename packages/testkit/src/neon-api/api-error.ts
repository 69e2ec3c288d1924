import type { GeneralError } from "@neon/sdk";

/** An answer with a status that is no success, in the API's own shape. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly body: GeneralError;
  constructor(status: number, message: string, code = "") {
    super(message);
    this.status = status;
    this.body = { request_id: "00000000-0000-4000-8000-000000000000", code, message };
  }
}
