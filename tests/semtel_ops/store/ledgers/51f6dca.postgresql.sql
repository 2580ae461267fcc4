-- A PostgreSQL ledger as commit 51f6dca left it: schema version 4, before there were migrations; every table has rows.
-- Written by that commit's own code against its simulator, 12 conversations in two weeks, two classifiers:
--   semtel run --week 2026-W46; semtel run --week 2026-W47 --lane batch; semtel reprocess --week 2026-W47 --go; semtel experiment;
--   a task_failed alert whose webhook did not answer; then BatchLedger.learn_limit, Ledger.hold_share, StrategyLedger.save.
-- Dumped with pg_dump --inserts --no-owner --no-privileges, without its settings and the name of the schema; the temporary folder is called /srv/semtel here.
CREATE TABLE alert (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    key character varying(250) NOT NULL,
    kind character varying(32) NOT NULL,
    severity character varying(8) NOT NULL,
    state character varying(8) NOT NULL,
    what text NOT NULL,
    body text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    resolution text
);

CREATE TABLE alert_delivery (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    key character varying(250) NOT NULL,
    event character varying(8) NOT NULL,
    channel character varying(120) NOT NULL,
    state character varying(12) NOT NULL,
    attempts integer NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    problem text
);

CREATE TABLE batch_job (
    job_key character varying(64) NOT NULL,
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    shard integer NOT NULL,
    round integer NOT NULL,
    endpoint character varying(250) NOT NULL,
    model character varying(250) NOT NULL,
    queue text NOT NULL,
    state character varying(16) NOT NULL,
    owner character varying(32),
    fingerprint character varying(32) NOT NULL,
    dialect character varying(64) NOT NULL,
    next_dialect character varying(64),
    input_url text NOT NULL,
    keys_url text NOT NULL,
    unanswered_url text,
    requests bigint NOT NULL,
    bytes bigint NOT NULL,
    tokens bigint NOT NULL,
    input_file_id character varying(250),
    provider_id character varying(250),
    output_file_id character varying(250),
    error_file_id character varying(250),
    provider_status character varying(16),
    refusals integer NOT NULL,
    not_before double precision NOT NULL,
    touched_at double precision NOT NULL,
    created_at double precision NOT NULL,
    submitted_at timestamp with time zone,
    finished_at timestamp with time zone,
    completed bigint,
    advanced_at double precision,
    answered bigint,
    refused bigint,
    failed bigint,
    expired bigint,
    missing bigint,
    duplicates bigint,
    foreign_lines bigint,
    input_tokens bigint,
    output_tokens bigint,
    cost_usd double precision,
    message text
);

CREATE TABLE batch_queue (
    queue text NOT NULL,
    tokens bigint NOT NULL,
    learned_at double precision NOT NULL
);

CREATE TABLE endpoint_share (
    endpoint character varying(250) NOT NULL,
    holder character varying(250) NOT NULL,
    heartbeat_at double precision NOT NULL,
    demand double precision NOT NULL,
    share double precision NOT NULL
);

CREATE TABLE experiment_result (
    experiment_id character varying(250) NOT NULL,
    cell character varying(250) NOT NULL,
    classifier character varying(250) NOT NULL,
    model character varying(250) NOT NULL,
    prompts character varying(64) NOT NULL,
    strategy_fingerprint character varying(64) NOT NULL,
    strategy text NOT NULL,
    baseline character varying(16) NOT NULL,
    kappa double precision,
    kappa_low double precision,
    kappa_high double precision,
    n integer NOT NULL,
    agreement double precision NOT NULL,
    flip_share double precision,
    invalid_share double precision NOT NULL,
    cost_per_1000_usd double precision,
    simulated boolean NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    url text NOT NULL
);

CREATE TABLE label (
    week character varying(8) NOT NULL,
    conversation_id text NOT NULL,
    classifier character varying(250) NOT NULL,
    run_id character varying(250) NOT NULL,
    shard integer NOT NULL,
    classifier_version character varying(64) NOT NULL,
    label text,
    labels text,
    score double precision,
    confidence double precision,
    status character varying(16) NOT NULL,
    matched_by character varying(16),
    lane character varying(16),
    endpoint character varying(250),
    model character varying(250),
    truncated_tokens integer NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_usd double precision,
    sample_weight double precision NOT NULL,
    classified_at timestamp with time zone,
    carried_from character varying(250)
);

CREATE TABLE lane_choice (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    shard integer NOT NULL,
    lane character varying(16) NOT NULL,
    reason text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    rescue_at timestamp with time zone,
    requests bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    stopped_at timestamp with time zone,
    stop_reason text,
    rescued_at timestamp with time zone,
    rescue_reason text
);

CREATE TABLE lane_record (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    lane character varying(16) NOT NULL,
    endpoints text NOT NULL,
    rows bigint NOT NULL,
    requests bigint NOT NULL,
    tokens bigint NOT NULL,
    seconds double precision NOT NULL,
    cost_usd double precision,
    saved_usd double precision,
    measured_at timestamp with time zone NOT NULL
);

CREATE TABLE quality_result (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    check_id character varying(120) NOT NULL,
    classifier character varying(250) NOT NULL,
    passed boolean NOT NULL,
    severity character varying(8) NOT NULL,
    description text,
    observed text,
    expected text,
    notes text,
    checked_at timestamp with time zone
);

CREATE TABLE run (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    state character varying(16) NOT NULL,
    kind character varying(16) NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    config_fingerprint character varying(64),
    sampled bigint,
    landed bigint,
    succeeded bigint,
    requests bigint,
    reused bigint,
    input_tokens bigint,
    output_tokens bigint,
    cost_usd double precision,
    seconds double precision,
    verdict character varying(8),
    simulated boolean,
    supersedes character varying(250),
    report_url text,
    message text,
    base_run character varying(250),
    requested_by character varying(250),
    reason text,
    approved_by character varying(250)
);

CREATE TABLE schema_version (
    version integer NOT NULL
);

CREATE SEQUENCE schema_version_version_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE schema_version_version_seq OWNED BY schema_version.version;

CREATE TABLE shard (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    shard integer NOT NULL,
    state character varying(16) NOT NULL,
    conversations integer,
    rows bigint,
    requests bigint,
    reused bigint,
    cost_usd double precision,
    input_tokens bigint,
    output_tokens bigint,
    seconds double precision,
    updated_at timestamp with time zone
);

CREATE TABLE shard_pace (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    shard integer NOT NULL,
    endpoints text NOT NULL,
    requests bigint NOT NULL,
    tokens bigint NOT NULL,
    began_at double precision NOT NULL,
    ended_at double precision NOT NULL
);

CREATE TABLE strategy_event (
    week character varying(8) NOT NULL,
    run_id character varying(250) NOT NULL,
    classifier character varying(250) NOT NULL,
    fingerprint character varying(32) NOT NULL,
    models text NOT NULL,
    agreement double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    n integer NOT NULL,
    floor double precision NOT NULL,
    happened_at timestamp with time zone NOT NULL
);

CREATE TABLE weekly_share (
    week character varying(8) NOT NULL,
    classifier character varying(250) NOT NULL,
    level character varying(8) NOT NULL,
    label text NOT NULL,
    run_id character varying(250) NOT NULL,
    classifier_version character varying(64),
    n integer NOT NULL,
    total_n integer NOT NULL,
    effective_n double precision NOT NULL,
    weight double precision NOT NULL,
    share double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL
);

CREATE TABLE weekly_slice (
    week character varying(8) NOT NULL,
    classifier character varying(250) NOT NULL,
    by_classifier character varying(250) NOT NULL,
    by_label text NOT NULL,
    label text NOT NULL,
    run_id character varying(250) NOT NULL,
    n integer NOT NULL,
    total_n integer NOT NULL,
    effective_n double precision NOT NULL,
    weight double precision NOT NULL,
    share double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL
);

ALTER TABLE ONLY schema_version ALTER COLUMN version SET DEFAULT nextval('schema_version_version_seq'::regclass);

INSERT INTO alert VALUES ('2026-W47', 'again', 'task_failed:report', 'task_failed', 'critical', 'open', 'report failed after its retries (StoreError); the run cannot go on', '{"key": "task_failed:report", "kind": "task_failed", "severity": "critical", "week": "2026-W47", "run_id": "again", "what": "report failed after its retries (StoreError); the run cannot go on", "links": {"runbook": "docs/runbook.md#task-failed", "run": null, "report": "/srv/semtel/lake/reports/week=2026-W47/report.html", "data_docs": "/srv/semtel/lake/reports/week=2026-W47/data_docs/index.html", "reprocess": null}, "raised_at": "2026-11-28T06:37:09.697438+00:00", "findings": [], "counts": {"sampled": 6, "expected": 12, "landed": 12, "by_status": {"success": 12}}, "worst": null, "examples": [], "cost_usd": 0.0, "resolved_at": null, "resolution": null}', '2026-11-28 06:37:09.697438+00', '2026-11-28 06:37:09.697438+00', NULL, NULL);

INSERT INTO alert_delivery VALUES ('2026-W47', 'again', 'task_failed:report', 'raised', 'webhook', 'undelivered', 1, '2026-11-28 06:37:09.832074+00', 'AlertError: webhook at 127.0.0.1: did not answer (URLError); see that it listens and accepts JSON');

INSERT INTO batch_job VALUES ('1c963f7d648f-0000-000-6e7cc64e', '2026-W47', 'shell-2026-W47', 0, 1, 'sim', 'simulated-small', 'http://127.0.0.1:36501/v1 simulated-small', 'done', 'ac24d3ddf60d1084', '6e7cc64e81ef30463d4d49aacf84ea20', 'json_schema max_tokens sampling', NULL, '/srv/semtel/lake/batches/week=2026-W47/run=shell-2026-W47/shard=0000/17f92473ff63c0e0.jsonl', '/srv/semtel/lake/batches/week=2026-W47/run=shell-2026-W47/shard=0000/17f92473ff63c0e0.keys.parquet', '/srv/semtel/lake/batches/week=2026-W47/run=shell-2026-W47/shard=0000/17f92473ff63c0e0.unanswered.parquet', 12, 59754, 14637, NULL, 'batch_26ed5c4c13c0b74e3fbe21567839a1f1', NULL, NULL, 'completed', 0, 0, 1795847814.9481378, 1795847809.1648626, '2026-11-28 06:36:51.844584+00', '2026-11-28 06:36:54.716141+00', 12, 1795847814.1113226, 12, 0, 0, 0, 0, 0, 0, 10137, 580, 0.005648500000000001, NULL);

INSERT INTO batch_queue VALUES ('http://127.0.0.1:36501/v1 simulated-small', 2000000, 1795847830.385145);

INSERT INTO endpoint_share VALUES ('sim', 'worker-1', 1795847830.385145, 8, 8);

INSERT INTO experiment_result VALUES ('packing', 'pack2-turns3000-rules-simulated-small', 'user_expertise', 'simulated-small', 'cade85c1f3da28a2f6a4c79d666a327b', '6bda29ff953aac3f530515b9d58db40e', '{"strategy": {"pack": 2, "combine": false, "grader": false}}', 'plain', 1, 1, 1, 6, 1, NULL, 0, 0.40650000000000003, true, '2026-11-28 06:37:08.995865+00', '/srv/semtel/packing/report.html');

INSERT INTO label VALUES ('2026-W46', 'c0', 'satisfaction', 'shell-2026-W46', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 993, 91, 0.001175, 1, '2026-11-28 06:36:22.045077+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c0', 'user_expertise', 'shell-2026-W46', 0, '1.0.0', 'proficient', NULL, 4, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 699, 6, 0.000711, 1, '2026-11-28 06:36:22.049428+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c1', 'satisfaction', 'shell-2026-W46', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 991, 91, 0.001173, 1, '2026-11-28 06:36:22.050668+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c1', 'user_expertise', 'shell-2026-W46', 0, '1.0.0', 'expert', NULL, 5, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 697, 5, 0.000707, 1, '2026-11-28 06:36:22.056852+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c2', 'satisfaction', 'shell-2026-W46', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 992, 91, 0.001174, 1, '2026-11-28 06:36:22.068887+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c2', 'user_expertise', 'shell-2026-W46', 0, '1.0.0', 'expert', NULL, 5, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 698, 5, 0.000708, 1, '2026-11-28 06:36:22.070398+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c3', 'satisfaction', 'shell-2026-W46', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 991, 91, 0.001173, 1, '2026-11-28 06:36:22.087043+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c3', 'user_expertise', 'shell-2026-W46', 0, '1.0.0', 'beginner', NULL, 2, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 697, 5, 0.000707, 1, '2026-11-28 06:36:22.087446+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c4', 'satisfaction', 'shell-2026-W46', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 991, 91, 0.001173, 1, '2026-11-28 06:36:22.087611+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c4', 'user_expertise', 'shell-2026-W46', 0, '1.0.0', 'beginner', NULL, 2, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 697, 5, 0.000707, 1, '2026-11-28 06:36:22.10001+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c5', 'satisfaction', 'shell-2026-W46', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 992, 91, 0.001174, 1, '2026-11-28 06:36:22.100369+00', NULL);
INSERT INTO label VALUES ('2026-W46', 'c5', 'user_expertise', 'shell-2026-W46', 0, '1.0.0', 'novice', NULL, 1, NULL, 'success', 'exact', 'realtime', 'sim', 'simulated-small', 0, 698, 5, 0.000708, 1, '2026-11-28 06:36:22.100547+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c10', 'satisfaction', 'again', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 991, 91, 0.0005865, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c10', 'user_expertise', 'again', 0, '1.0.0', 'intermediate', NULL, 3, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 698, 6, 0.000355, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c11', 'satisfaction', 'again', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 992, 91, 0.000587, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c11', 'user_expertise', 'again', 0, '1.0.0', 'proficient', NULL, 4, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 698, 6, 0.000355, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c6', 'satisfaction', 'again', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 993, 91, 0.0005875, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c6', 'user_expertise', 'again', 0, '1.0.0', 'intermediate', NULL, 3, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 699, 6, 0.0003555, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c7', 'satisfaction', 'again', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 991, 91, 0.0005865, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c7', 'user_expertise', 'again', 0, '1.0.0', 'proficient', NULL, 4, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 697, 6, 0.0003545, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c8', 'satisfaction', 'again', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 992, 91, 0.000587, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c8', 'user_expertise', 'again', 0, '1.0.0', 'expert', NULL, 5, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 698, 5, 0.000354, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c9', 'satisfaction', 'again', 0, '1.0.0', 'neutral', NULL, 0, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 991, 91, 0.0005865, 1, '2026-11-28 06:36:54.693457+00', NULL);
INSERT INTO label VALUES ('2026-W47', 'c9', 'user_expertise', 'again', 0, '1.0.0', 'expert', NULL, 5, NULL, 'success', 'exact', 'batch', 'sim', 'simulated-small', 0, 697, 5, 0.0003535, 1, '2026-11-28 06:36:54.693457+00', NULL);

INSERT INTO lane_choice VALUES ('2026-W46', 'shell-2026-W46', 0, 'realtime', 'asked for: lane realtime', '2026-11-28 06:36:20.996501+00', '2026-11-28 06:36:24.253301+00', NULL, 12, 9704, 1152, NULL, NULL, NULL, NULL);
INSERT INTO lane_choice VALUES ('2026-W47', 'shell-2026-W47', 0, 'batch', 'asked for: lane batch', '2026-11-28 06:36:48.680311+00', '2026-11-29 06:36:48.680311+00', '2026-11-30 06:36:48.680311+00', 12, 9704, 1152, NULL, NULL, NULL, NULL);
INSERT INTO lane_choice VALUES ('2026-W47', 'again', 0, 'realtime', 'asked for: lane realtime', '2026-11-28 06:37:01.076847+00', '2026-11-28 06:37:04.333647+00', NULL, 12, 9704, 1152, NULL, NULL, NULL, NULL);

INSERT INTO lane_record VALUES ('2026-W46', 'shell-2026-W46', 'realtime', 'sim', 12, 12, 10713, 0.055, 0.01129, 0, '2026-11-28 06:36:22.798757+00');
INSERT INTO lane_record VALUES ('2026-W47', 'shell-2026-W47', 'batch', 'sim', 12, 12, 10717, 0, 0.0056485, 0.0056485, '2026-11-28 06:36:55.50482+00');

INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'schema', '', true, 'stop', 'Every file has the columns and types of the label row.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'row_values', '', true, 'stop', 'Every field of a row holds what its column may.', 'none', 'none', '12 of 12 rows looked at', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'rows_complete', 'satisfaction', true, 'stop', 'Every sampled conversation has a row of every classifier.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'rows_complete', 'user_expertise', true, 'stop', 'Every sampled conversation has a row of every classifier.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'rows_unique', 'satisfaction', true, 'stop', 'No conversation has two rows of one classifier.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'rows_unique', 'user_expertise', true, 'stop', 'No conversation has two rows of one classifier.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'status_known', 'satisfaction', true, 'stop', 'Every status is one of the closed set.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'status_known', 'user_expertise', true, 'stop', 'Every status is one of the closed set.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'label_known', 'satisfaction', true, 'stop', 'Every row that succeeded has a label of its classifier.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'label_known', 'user_expertise', true, 'stop', 'Every row that succeeded has a label of its classifier.', 'none', 'none', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'non_success_share', 'satisfaction', true, 'stop', 'Rows that did not end in success.', '0.0 %', 'at most 90.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'non_success_share', 'user_expertise', true, 'stop', 'Rows that did not end in success.', '0.0 %', 'at most 90.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'constant_output_share', 'satisfaction', true, 'warn', 'Rows that say the commonest label: a model stuck on one answer.', '100.0 %', 'at most 98.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'constant_output_share', 'user_expertise', true, 'warn', 'Rows that say the commonest label: a model stuck on one answer.', '33.3 %', 'at most 98.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'label_share_change', 'satisfaction', true, 'warn', 'Change of a label''s share against the last 4 published weeks.', 'no history', 'at most 15.0 %', 'no published week before this one to compare with', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'label_share_change', 'user_expertise', true, 'warn', 'Change of a label''s share against the last 4 published weeks.', 'no history', 'at most 15.0 %', 'no published week before this one to compare with', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'truncated_share', '', true, 'warn', 'Rows whose conversation was cut to fit.', '0.0 %', 'at most 25.0 %', 'not judged: 12 rows, fewer than min_rows = 30', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'quarantined_share', '', true, 'warn', 'Records that could not be read.', '0.0 %', 'at most 10.0 %', 'not judged: 12 rows, fewer than min_rows = 30', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W46', 'shell-2026-W46', 'cost_per_conversation_usd', '', true, 'warn', 'What labelling a conversation cost, all classifiers together.', '$0.0019', 'at most $0.0500', '', '2026-11-28 06:36:45.217371+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'schema', '', true, 'stop', 'Every file has the columns and types of the label row.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'row_values', '', true, 'stop', 'Every field of a row holds what its column may.', 'none', 'none', '12 of 12 rows looked at', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'rows_complete', 'satisfaction', true, 'stop', 'Every sampled conversation has a row of every classifier.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'rows_complete', 'user_expertise', true, 'stop', 'Every sampled conversation has a row of every classifier.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'rows_unique', 'satisfaction', true, 'stop', 'No conversation has two rows of one classifier.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'rows_unique', 'user_expertise', true, 'stop', 'No conversation has two rows of one classifier.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'status_known', 'satisfaction', true, 'stop', 'Every status is one of the closed set.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'status_known', 'user_expertise', true, 'stop', 'Every status is one of the closed set.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'label_known', 'satisfaction', true, 'stop', 'Every row that succeeded has a label of its classifier.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'label_known', 'user_expertise', true, 'stop', 'Every row that succeeded has a label of its classifier.', 'none', 'none', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'non_success_share', 'satisfaction', true, 'stop', 'Rows that did not end in success.', '0.0 %', 'at most 90.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'non_success_share', 'user_expertise', true, 'stop', 'Rows that did not end in success.', '0.0 %', 'at most 90.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'constant_output_share', 'satisfaction', true, 'warn', 'Rows that say the commonest label: a model stuck on one answer.', '100.0 %', 'at most 98.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'constant_output_share', 'user_expertise', true, 'warn', 'Rows that say the commonest label: a model stuck on one answer.', '33.3 %', 'at most 98.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'label_share_change', 'satisfaction', true, 'warn', 'Change of a label''s share against the last 4 published weeks.', '0.0 %', 'at most 15.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'label_share_change', 'user_expertise', true, 'warn', 'Change of a label''s share against the last 4 published weeks.', '33.3 %', 'at most 15.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'truncated_share', '', true, 'warn', 'Rows whose conversation was cut to fit.', '0.0 %', 'at most 25.0 %', 'not judged: 12 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'quarantined_share', '', true, 'warn', 'Records that could not be read.', '0.0 %', 'at most 10.0 %', 'not judged: 12 rows, fewer than min_rows = 30', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'shell-2026-W47', 'cost_per_conversation_usd', '', true, 'warn', 'What labelling a conversation cost, all classifiers together.', '$0.0009', 'at most $0.0500', '', '2026-11-28 06:36:58.578332+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'schema', '', true, 'stop', 'Every file has the columns and types of the label row.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'row_values', '', true, 'stop', 'Every field of a row holds what its column may.', 'none', 'none', '12 of 12 rows looked at', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'rows_complete', 'satisfaction', true, 'stop', 'Every sampled conversation has a row of every classifier.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'rows_complete', 'user_expertise', true, 'stop', 'Every sampled conversation has a row of every classifier.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'rows_unique', 'satisfaction', true, 'stop', 'No conversation has two rows of one classifier.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'rows_unique', 'user_expertise', true, 'stop', 'No conversation has two rows of one classifier.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'status_known', 'satisfaction', true, 'stop', 'Every status is one of the closed set.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'status_known', 'user_expertise', true, 'stop', 'Every status is one of the closed set.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'label_known', 'satisfaction', true, 'stop', 'Every row that succeeded has a label of its classifier.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'label_known', 'user_expertise', true, 'stop', 'Every row that succeeded has a label of its classifier.', 'none', 'none', '', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'non_success_share', 'satisfaction', true, 'stop', 'Rows that did not end in success.', '0.0 %', 'at most 90.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'non_success_share', 'user_expertise', true, 'stop', 'Rows that did not end in success.', '0.0 %', 'at most 90.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'constant_output_share', 'satisfaction', true, 'warn', 'Rows that say the commonest label: a model stuck on one answer.', '100.0 %', 'at most 98.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'constant_output_share', 'user_expertise', true, 'warn', 'Rows that say the commonest label: a model stuck on one answer.', '33.3 %', 'at most 98.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'label_share_change', 'satisfaction', true, 'warn', 'Change of a label''s share against the last 4 published weeks.', '0.0 %', 'at most 15.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'label_share_change', 'user_expertise', true, 'warn', 'Change of a label''s share against the last 4 published weeks.', '33.3 %', 'at most 15.0 %', 'not judged: 6 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'truncated_share', '', true, 'warn', 'Rows whose conversation was cut to fit.', '0.0 %', 'at most 25.0 %', 'not judged: 12 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'quarantined_share', '', true, 'warn', 'Records that could not be read.', '0.0 %', 'at most 10.0 %', 'not judged: 12 rows, fewer than min_rows = 30', '2026-11-28 06:37:04.857607+00');
INSERT INTO quality_result VALUES ('2026-W47', 'again', 'cost_per_conversation_usd', '', true, 'warn', 'What labelling a conversation cost, all classifiers together.', '$0.0000', 'at most $0.0500', '', '2026-11-28 06:37:04.857607+00');

INSERT INTO run VALUES ('2026-W46', 'shell-2026-W46', 'published', 'weekly', '2026-11-28 06:36:15.37203+00', '2026-11-28 06:36:48.384477+00', '73c78ef95cfe78654f33921fce7e3b07', 6, 12, 12, 12, 0, 10136, 577, 0.01129, 0.269, 'passed', true, NULL, '/srv/semtel/lake/reports/week=2026-W46/run=shell-2026-W46/report.html', NULL, NULL, NULL, NULL, NULL);
INSERT INTO run VALUES ('2026-W47', 'shell-2026-W47', 'superseded', 'weekly', '2026-11-28 06:36:48.541287+00', '2026-11-28 06:37:00.694017+00', '3c2d8fa60bab8652543910974c60def8', 6, 12, 12, 12, 0, 10137, 580, 0.0056485, 5.889, 'passed', true, NULL, '/srv/semtel/lake/reports/week=2026-W47/run=shell-2026-W47/report.html', NULL, NULL, NULL, NULL, NULL);
INSERT INTO run VALUES ('2026-W47', 'again', 'published', 'reprocess', '2026-11-28 06:37:00.928129+00', '2026-11-28 06:37:07.156263+00', '73c78ef95cfe78654f33921fce7e3b07', 6, 12, 12, 0, 12, 0, 0, 0, 0.07, 'passed', true, 'shell-2026-W47', '/srv/semtel/lake/reports/week=2026-W47/run=again/report.html', NULL, 'shell-2026-W47', 'ada', 'half were read wrong', 'grace');

INSERT INTO schema_version VALUES (4);

INSERT INTO shard VALUES ('2026-W46', 'shell-2026-W46', 0, 'landed', 6, 12, 12, 0, 0.01129, 10136, 577, 0.269, '2026-11-28 06:36:22.31832+00');
INSERT INTO shard VALUES ('2026-W47', 'shell-2026-W47', 0, 'landed', 6, 12, 12, 0, 0.005648500000000001, 10137, 580, 5.889, '2026-11-28 06:36:55.015939+00');
INSERT INTO shard VALUES ('2026-W47', 'again', 0, 'landed', 6, 12, 0, 12, 0, 0, 0, 0.07, '2026-11-28 06:37:01.816487+00');

INSERT INTO shard_pace VALUES ('2026-W46', 'shell-2026-W46', 0, 'sim', 12, 10713, 1795847781.967465, 1795847782.1370485);

INSERT INTO strategy_event VALUES ('2026-W47', 'again', 'knowledge_work', 'ffffffffffffffffffffffffffffffff', 'simulated-small', 0.61, 0.52, 0.7, 120, 0.9, '2026-11-28 06:37:10.397429+00');

INSERT INTO weekly_share VALUES ('2026-W46', 'satisfaction', 'label', 'neutral', 'shell-2026-W46', '1.0.0', 6, 6, 6, 6, 1, 0.6096657120978348, 1);
INSERT INTO weekly_share VALUES ('2026-W46', 'user_expertise', 'label', 'beginner', 'shell-2026-W46', '1.0.0', 2, 6, 6, 2, 0.3333333333333333, 0.09677141110578047, 0.700006684861608);
INSERT INTO weekly_share VALUES ('2026-W46', 'user_expertise', 'label', 'expert', 'shell-2026-W46', '1.0.0', 2, 6, 6, 2, 0.3333333333333333, 0.09677141110578047, 0.700006684861608);
INSERT INTO weekly_share VALUES ('2026-W46', 'user_expertise', 'label', 'novice', 'shell-2026-W46', '1.0.0', 1, 6, 6, 1, 0.16666666666666666, 0.030053369748306635, 0.5635028221864702);
INSERT INTO weekly_share VALUES ('2026-W46', 'user_expertise', 'label', 'proficient', 'shell-2026-W46', '1.0.0', 1, 6, 6, 1, 0.16666666666666666, 0.030053369748306635, 0.5635028221864702);
INSERT INTO weekly_share VALUES ('2026-W47', 'satisfaction', 'label', 'neutral', 'again', '1.0.0', 6, 6, 6, 6, 1, 0.6096657120978348, 1);
INSERT INTO weekly_share VALUES ('2026-W47', 'user_expertise', 'label', 'expert', 'again', '1.0.0', 2, 6, 6, 2, 0.3333333333333333, 0.09677141110578047, 0.700006684861608);
INSERT INTO weekly_share VALUES ('2026-W47', 'user_expertise', 'label', 'intermediate', 'again', '1.0.0', 2, 6, 6, 2, 0.3333333333333333, 0.09677141110578047, 0.700006684861608);
INSERT INTO weekly_share VALUES ('2026-W47', 'user_expertise', 'label', 'proficient', 'again', '1.0.0', 2, 6, 6, 2, 0.3333333333333333, 0.09677141110578047, 0.700006684861608);

INSERT INTO weekly_slice VALUES ('2026-W46', 'satisfaction', 'user_expertise', 'beginner', 'neutral', 'shell-2026-W46', 2, 2, 2, 2, 1, 0.3423802275066532, 1);
INSERT INTO weekly_slice VALUES ('2026-W46', 'satisfaction', 'user_expertise', 'expert', 'neutral', 'shell-2026-W46', 2, 2, 2, 2, 1, 0.3423802275066532, 1);
INSERT INTO weekly_slice VALUES ('2026-W46', 'satisfaction', 'user_expertise', 'novice', 'neutral', 'shell-2026-W46', 1, 1, 1, 1, 1, 0.20654931437723745, 1);
INSERT INTO weekly_slice VALUES ('2026-W46', 'satisfaction', 'user_expertise', 'proficient', 'neutral', 'shell-2026-W46', 1, 1, 1, 1, 1, 0.20654931437723745, 1);
INSERT INTO weekly_slice VALUES ('2026-W47', 'satisfaction', 'user_expertise', 'expert', 'neutral', 'again', 2, 2, 2, 2, 1, 0.3423802275066532, 1);
INSERT INTO weekly_slice VALUES ('2026-W47', 'satisfaction', 'user_expertise', 'intermediate', 'neutral', 'again', 2, 2, 2, 2, 1, 0.3423802275066532, 1);
INSERT INTO weekly_slice VALUES ('2026-W47', 'satisfaction', 'user_expertise', 'proficient', 'neutral', 'again', 2, 2, 2, 2, 1, 0.3423802275066532, 1);

SELECT pg_catalog.setval('schema_version_version_seq', 1, false);

ALTER TABLE ONLY alert_delivery
    ADD CONSTRAINT alert_delivery_pkey PRIMARY KEY (week, run_id, key, event, channel);

ALTER TABLE ONLY alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (week, run_id, key);

ALTER TABLE ONLY batch_job
    ADD CONSTRAINT batch_job_pkey PRIMARY KEY (job_key);

ALTER TABLE ONLY batch_queue
    ADD CONSTRAINT batch_queue_pkey PRIMARY KEY (queue);

ALTER TABLE ONLY endpoint_share
    ADD CONSTRAINT endpoint_share_pkey PRIMARY KEY (endpoint, holder);

ALTER TABLE ONLY experiment_result
    ADD CONSTRAINT experiment_result_pkey PRIMARY KEY (experiment_id, cell, classifier);

ALTER TABLE ONLY label
    ADD CONSTRAINT label_pkey PRIMARY KEY (week, conversation_id, classifier);

ALTER TABLE ONLY lane_choice
    ADD CONSTRAINT lane_choice_pkey PRIMARY KEY (week, run_id, shard);

ALTER TABLE ONLY lane_record
    ADD CONSTRAINT lane_record_pkey PRIMARY KEY (week, run_id, lane);

ALTER TABLE ONLY quality_result
    ADD CONSTRAINT quality_result_pkey PRIMARY KEY (week, run_id, check_id, classifier);

ALTER TABLE ONLY run
    ADD CONSTRAINT run_pkey PRIMARY KEY (week, run_id);

ALTER TABLE ONLY schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY shard_pace
    ADD CONSTRAINT shard_pace_pkey PRIMARY KEY (week, run_id, shard);

ALTER TABLE ONLY shard
    ADD CONSTRAINT shard_pkey PRIMARY KEY (week, run_id, shard);

ALTER TABLE ONLY strategy_event
    ADD CONSTRAINT strategy_event_pkey PRIMARY KEY (week, run_id, classifier);

ALTER TABLE ONLY weekly_share
    ADD CONSTRAINT weekly_share_pkey PRIMARY KEY (week, classifier, level, label);

ALTER TABLE ONLY weekly_slice
    ADD CONSTRAINT weekly_slice_pkey PRIMARY KEY (week, classifier, by_classifier, by_label, label);

CREATE INDEX alert_by_state ON alert USING btree (state, raised_at);

CREATE INDEX batch_job_of_queue ON batch_job USING btree (queue, state);

CREATE INDEX batch_job_of_run ON batch_job USING btree (week, run_id);

CREATE INDEX experiment_result_of_classifier ON experiment_result USING btree (classifier, measured_at);

CREATE INDEX label_by_week_classifier ON label USING btree (week, classifier, label);
