import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { ask, type DataOf, rememberCsrf } from "../api/client.ts";
import { hasCode } from "../api/failure.ts";
import { useAsk } from "../api/queries.ts";
import { Problem } from "../ui/states.tsx";
import { Login } from "./login.tsx";

/** Who looks at the pages, and what they may do. */
export type Session = DataOf<"GET me">;

const SessionContext = createContext<Session | undefined>(undefined);

/** Shows its children to whoever may see them, and the login to everybody else. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const me = useAsk("GET me", {});
  const session = me.data;
  rememberCsrf(session?.session?.csrf_token);
  if (hasCode(me.error, "unauthenticated")) return <Login />;
  if (session === undefined) {
    return me.error ? <Problem error={me.error} retry={() => void me.refetch()} /> : null;
  }
  if (session.principal.kind === "anonymous") return <Login host={session.oauth_login?.host} />;
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("There is no session here.");
  return session;
}

/** Ends the session and shows the login. */
export function useLogout(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await ask("POST logout", {});
    client.clear();
    location.reload();
  };
}

export interface Rights {
  /** Why this may not be done, in a sentence; undefined where it may. */
  admin(): string | undefined;
  /** As `admin`, for what takes a scope of the bridge itself. */
  scope(operation: string): string | undefined;
}

/** What to give to the `disabled` of a button: reading goes on where doing is refused. */
export function useRights(): Rights {
  const session = useSession();
  return useMemo(() => rightsOf(session), [session]);
}

function rightsOf({
  principal,
  admin,
  manages,
}: Pick<Session, "principal" | "admin" | "manages">): Rights {
  const refused = `You look at this as "${principal.id}": this takes the admin credential of the bridge.`;
  return {
    admin: () => (admin ? undefined : refused),
    scope: (operation) =>
      admin || manages.includes(operation)
        ? undefined
        : `"${principal.id}" may not do this: it takes the scope "bridge:${operation}".`,
  };
}
