import { belowBase, loginUrl } from "../api/base.ts";
import { Mark } from "../ui/mark.tsx";
import { LoginForm } from "./login-form.tsx";
import "./login.css";

export interface LoginProps {
  /** Where people sign in instead, if they may. */
  readonly host?: string | undefined;
}

/** What everybody sees who has not said who they are. */
export function Login({ host }: LoginProps) {
  return (
    <main className="login">
      <div className="login-box">
        <Mark size={40} />
        <h1>Log in to Trestle</h1>
        <p className="login-lead">
          With an API key of this bridge, or its admin credential: the content of{" "}
          <code>admin.key</code> in its home.
        </p>
        <LoginForm />
        {host !== undefined && (
          <>
            <p className="login-or">or</p>
            <a className="button button-plain button-m" href={loginUrl(belowBase()).href}>
              Sign in with {host}
            </a>
          </>
        )}
        <p className="login-foot">
          Whoever runs the bridge makes keys with <code>trestle keys create</code>.
        </p>
      </div>
    </main>
  );
}
