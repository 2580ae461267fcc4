// Sends the fields to Airflow's API, which validates them as it does those of its own form.
"use strict";

const form = document.getElementById("form");
const message = document.getElementById("message");
const dag = form.dataset.dag;

function valueOf(field) {
  if (field.dataset.kind === "boolean") return field.checked;
  const text = field.value.trim();
  if (text === "") return undefined;
  if (field.dataset.kind === "array") return text.split(",").map((item) => item.trim()).filter(Boolean);
  if (["number", "integer"].includes(field.dataset.kind)) return Number.isNaN(Number(text)) ? text : Number(text);
  return text;
}

function words(detail) {
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map((problem) => problem.msg ?? JSON.stringify(problem)).join("; ");
  return JSON.stringify(detail);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  message.textContent = "";
  const conf = {};
  for (const field of form.querySelectorAll("[data-kind]")) {
    const value = valueOf(field);
    if (value !== undefined) conf[field.name] = value;
  }
  form.querySelector("button").disabled = true;
  try {
    const answer = await fetch(`../api/v2/dags/${dag}/dagRuns`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ logical_date: null, conf }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(words(body.detail ?? body));
    location.assign(`../dags/${dag}/runs/${encodeURIComponent(body.dag_run_id)}`);
  } catch (error) {
    message.textContent = error.message;
    form.querySelector("button").disabled = false;
  }
});
