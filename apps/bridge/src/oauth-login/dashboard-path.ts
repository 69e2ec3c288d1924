import { pagePath } from "../inbound/dashboard/page-path.ts";

/** A longer one would not fit into the cookie that carries it. */
const MAX_LENGTH = 1_000;
const NOWHERE = "http://dashboard.invalid";

/**
 * A page of the dashboard below where its pages begin, without a slash in front: what else is named, at another site say,
 * becomes the first page.
 */
export function dashboardPath(text: string | null): string {
  if (text === null || text.length > MAX_LENGTH) return "";
  const url = URL.parse(text, `${NOWHERE}/`);
  if (url?.origin !== NOWHERE || url.pathname.startsWith("//")) return "";
  const path = url.pathname + url.search;
  return path.length <= MAX_LENGTH && pagePath({ method: "GET", url: path } as never)
    ? path.slice(1)
    : "";
}
