// Sends an answer to the page's own routes. The header tells it from what another site could make a browser send.
import { Refused } from "./api.js";

export async function send(path, body) {
  let reply;
  try {
    reply = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-Semtel-Gold": "label" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, "Airflow does not respond; nothing was kept, try again in a moment");
  }
  const answer = await reply.json().catch(() => ({}));
  if (reply.ok) return answer;
  const message = reply.status === 401 ? "You are signed out; sign in to Airflow and reload this page" : answer.error;
  throw new Refused(reply.status, message || `Airflow answered ${reply.status}`);
}
