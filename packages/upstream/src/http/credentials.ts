import type { Exchange, HttpAnswer, HttpSend } from "./exchange.ts";

type Headers = Readonly<Record<string, string>>;

/** What a server answered to a request that it let nobody do. */
export interface Refusal {
  readonly status: number;
  /** `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** The headers of ours that it was refused with. */
  readonly carried: Headers;
}

/** What shows a server whom a request is from, where that is not configured once for all. */
export interface Credentials {
  /** None where nothing is known yet: the server says what it wants. */
  headers(): Headers | Promise<Headers>;
  /**
   * True where there are others by now, with which the request is worth another try; false where the refusal has
   * another reason. Throws `denied` where somebody has to sign in first, and says how.
   */
  refused(refusal: Refusal): Promise<boolean>;
}

/** Requests carry the credentials, and are sent once more with newer ones where those were refused: it did nothing yet. */
export function withCredentials(exchange: Exchange, credentials: Credentials): Exchange {
  async function send(url: URL, request: HttpSend): Promise<HttpAnswer> {
    const given = credentials.headers();
    const carried = given instanceof Promise ? await given : given;
    const answer = await exchange.send(url, carrying(request, carried));
    const { status } = answer;
    if (status !== 401 && status !== 403) return answer;
    const challenge = answer.headers["www-authenticate"];
    try {
      if (!(await credentials.refused({ status, challenge, carried }))) return answer;
    } catch (error) {
      answer.stream.resume();
      throw error;
    }
    answer.stream.resume();
    return exchange.send(url, carrying(request, await credentials.headers()));
  }

  return { ...exchange, send };
}

function carrying(request: HttpSend, carried: Headers): HttpSend {
  return { ...request, headers: { ...request.headers, ...carried } };
}
