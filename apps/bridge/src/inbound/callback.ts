import { isTrestleError, type Logger, messageOf } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { CALLBACK_PATH } from "../sign-in/callback-url.ts";
import { finishSignIn } from "../sign-in/finish.ts";
import type { Rest } from "./rest/rest.ts";
import { sendShortPage } from "./short-page.ts";

/** Where browsers come back to from a sign-in: it needs no key, since nobody else knows what they bring. */
export function createCallback(core: Pick<Core, "signIns" | "upstreams">, log: Logger): Rest {
  return (request, response) => {
    const [path, search = ""] = (request.url ?? "/").split("?", 2);
    if (path !== CALLBACK_PATH || request.method !== "GET") return false;
    return finishSignIn(new URLSearchParams(search), core).then(
      (server) =>
        sendShortPage(response, {
          ...{ title: `You are signed in at ${server}.`, text: "You can close this page." },
        }),
      (error: unknown) => {
        const isExpected = isTrestleError(error);
        if (!isExpected) log.error("a sign-in could not be finished", { error: messageOf(error) });
        const why = isExpected ? messageOf(error) : "Look into the log of the bridge.";
        const status = isExpected ? 400 : 500;
        return sendShortPage(response, {
          status,
          title: "The sign-in did not succeed.",
          text: why,
        });
      },
    );
  };
}
