import { Mark } from "../ui/mark.tsx";
import { LoginForm } from "./login-form.tsx";
import "./login.css";

/** What everybody sees who has not said who they are. */
export function Login() {
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
        <p className="login-foot">
          Whoever runs the bridge makes keys with <code>trestle keys create</code>.
        </p>
      </div>
    </main>
  );
}
