import { SESSION_COOKIE } from "@trestle-mcp/server-kit/serving";

/** Out of the reach of scripts and of requests that other sites cause. */
export function sessionCookie(value: string, expiresAt: number, isEncrypted: boolean): string {
  const parts = [
    `${SESSION_COOKIE}=${value}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    `Expires=${new Date(expiresAt).toUTCString()}`,
    ...(isEncrypted ? ["Secure"] : []),
  ];
  return parts.join("; ");
}
