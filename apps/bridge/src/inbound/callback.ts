import type { ServerResponse } from "node:http";
import { isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { CALLBACK_PATH } from "../sign-in/callback-url.ts";
import { finishSignIn } from "../sign-in/finish.ts";
import type { Rest } from "./rest/rest.ts";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  "cache-control": "no-store",
  // The address holds a code that is good for once: nobody learns of it by a link.
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Where browsers come back to from a sign-in: it needs no key, since nobody else knows what they bring. */
export function createCallback(core: Pick<Core, "signIns" | "upstreams">, log: Logger): Rest {
  return (request, response) => {
    const [path, search = ""] = (request.url ?? "/").split("?", 2);
    if (path !== CALLBACK_PATH || request.method !== "GET") return false;
    return finishSignIn(new URLSearchParams(search), core).then(
      (server) =>
        page(response, 200, `You are signed in at ${server}.`, "You can close this page."),
      (error: unknown) => {
        const isExpected = isTrestleError(error);
        if (!isExpected) log.error("a sign-in could not be finished", { error: messageOf(error) });
        const why = isExpected ? messageOf(error) : "Look into the log of the bridge.";
        return page(response, isExpected ? 400 : 500, "The sign-in did not succeed.", why);
      },
    );
  };
}

function page(response: ServerResponse, status: number, title: string, text: string): true {
  const [heading, words] = [title, text].map(escaped);
  response.writeHead(status, HEADERS).end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Trestle</title><style>body{font:16px/1.5 system-ui;margin:20vh auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}</style>
<h1>${heading}</h1><p>${words}</p></html>`,
  );
  return true;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter);
}
