-- A SQLite ledger as commit 51f6dca left it: schema version 4, before there were migrations; every table has rows.
-- Written by that commit's own code against its simulator, 12 conversations in two weeks, two classifiers:
--   semtel run --week 2026-W46; semtel run --week 2026-W47 --lane batch; semtel reprocess --week 2026-W47 --go; semtel experiment;
--   a task_failed alert whose webhook did not answer; then BatchLedger.learn_limit, Ledger.hold_share, StrategyLedger.save.
-- Dumped with sqlite3 .dump; the temporary folder is called /srv/semtel here.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_version (
	version INTEGER NOT NULL,
	PRIMARY KEY (version)
);
INSERT INTO schema_version VALUES(4);
CREATE TABLE run (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	state VARCHAR(16) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	config_fingerprint VARCHAR(64),
	sampled BIGINT,
	landed BIGINT,
	succeeded BIGINT,
	requests BIGINT,
	reused BIGINT,
	input_tokens BIGINT,
	output_tokens BIGINT,
	cost_usd FLOAT,
	seconds FLOAT,
	verdict VARCHAR(8),
	simulated BOOLEAN,
	supersedes VARCHAR(250),
	report_url TEXT,
	message TEXT,
	base_run VARCHAR(250),
	requested_by VARCHAR(250),
	reason TEXT,
	approved_by VARCHAR(250),
	PRIMARY KEY (week, run_id)
);
INSERT INTO run VALUES('2026-W46','shell-2026-W46','published','weekly','2026-11-28 06:34:10.552003','2026-11-28 06:35:07.153991','3edf25cde64141ad890f24a377b8806f',6,12,12,12,0,10136,577,0.011289999999999999688,0.30499999999999999333,'passed',1,NULL,'/srv/semtel/lake/reports/week=2026-W46/run=shell-2026-W46/report.html',NULL,NULL,NULL,NULL,NULL);
INSERT INTO run VALUES('2026-W47','shell-2026-W47','superseded','weekly','2026-11-28 06:35:07.868460','2026-11-28 06:35:37.666913','90ec4799ce720f3b2bea99fc7d6973e6',6,12,12,12,0,10137,580,0.0056484999999999998751,9.6440000000000001278,'passed',1,NULL,'/srv/semtel/lake/reports/week=2026-W47/run=shell-2026-W47/report.html',NULL,NULL,NULL,NULL,NULL);
INSERT INTO run VALUES('2026-W47','again','published','reprocess','2026-11-28 06:35:38.271419','2026-11-28 06:35:52.451200','3edf25cde64141ad890f24a377b8806f',6,12,12,0,12,0,0,0.0,0.10799999999999999877,'passed',1,'shell-2026-W47','/srv/semtel/lake/reports/week=2026-W47/run=again/report.html',NULL,'shell-2026-W47','ada','half were read wrong','grace');
CREATE TABLE shard (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	shard INTEGER NOT NULL,
	state VARCHAR(16) NOT NULL,
	conversations INTEGER,
	rows BIGINT,
	requests BIGINT,
	reused BIGINT,
	cost_usd FLOAT,
	input_tokens BIGINT,
	output_tokens BIGINT,
	seconds FLOAT,
	updated_at DATETIME,
	PRIMARY KEY (week, run_id, shard)
);
INSERT INTO shard VALUES('2026-W46','shell-2026-W46',0,'landed',6,12,12,0,0.011289999999999999688,10136,577,0.30499999999999999333,'2026-11-28 06:34:19.278869');
INSERT INTO shard VALUES('2026-W47','shell-2026-W47',0,'landed',6,12,12,0,0.0056485000000000007425,10137,580,9.6440000000000001278,'2026-11-28 06:35:19.455504');
INSERT INTO shard VALUES('2026-W47','again',0,'landed',6,12,0,12,0.0,0,0,0.10799999999999999877,'2026-11-28 06:35:39.787378');
CREATE TABLE batch_job (
	job_key VARCHAR(64) NOT NULL,
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	shard INTEGER NOT NULL,
	round INTEGER NOT NULL,
	endpoint VARCHAR(250) NOT NULL,
	model VARCHAR(250) NOT NULL,
	queue TEXT NOT NULL,
	state VARCHAR(16) NOT NULL,
	owner VARCHAR(32),
	fingerprint VARCHAR(32) NOT NULL,
	dialect VARCHAR(64) NOT NULL,
	next_dialect VARCHAR(64),
	input_url TEXT NOT NULL,
	keys_url TEXT NOT NULL,
	unanswered_url TEXT,
	requests BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	tokens BIGINT NOT NULL,
	input_file_id VARCHAR(250),
	provider_id VARCHAR(250),
	output_file_id VARCHAR(250),
	error_file_id VARCHAR(250),
	provider_status VARCHAR(16),
	refusals INTEGER NOT NULL,
	not_before FLOAT NOT NULL,
	touched_at FLOAT NOT NULL,
	created_at FLOAT NOT NULL,
	submitted_at DATETIME,
	finished_at DATETIME,
	completed BIGINT,
	advanced_at FLOAT,
	answered BIGINT,
	refused BIGINT,
	failed BIGINT,
	expired BIGINT,
	missing BIGINT,
	duplicates BIGINT,
	foreign_lines BIGINT,
	input_tokens BIGINT,
	output_tokens BIGINT,
	cost_usd FLOAT,
	message TEXT,
	PRIMARY KEY (job_key)
);
INSERT INTO batch_job VALUES('0fadf00e10ab-0000-000-053d6920','2026-W47','shell-2026-W47',0,1,'sim','simulated-small','http://127.0.0.1:39137/v1 simulated-small','done','047555df783f1aca','053d6920f3dace1f4aaf23fe781cf63b','json_schema max_tokens sampling',NULL,'/srv/semtel/lake/batches/week=2026-W47/run=shell-2026-W47/shard=0000/a69945e2138919f4.jsonl','/srv/semtel/lake/batches/week=2026-W47/run=shell-2026-W47/shard=0000/a69945e2138919f4.keys.parquet','/srv/semtel/lake/batches/week=2026-W47/run=shell-2026-W47/shard=0000/a69945e2138919f4.unanswered.parquet',12,59754,14637,NULL,'batch_efb9bdc29015d62d98b018fab8a07bd0',NULL,NULL,'completed',0,0.0,1795847719.3912603855,1795847709.8748741149,'2026-11-28 06:35:16.246388','2026-11-28 06:35:19.195276',12,1795847718.6520700455,12,0,0,0,0,0,0,10137,580,0.0056485000000000007425,NULL);
CREATE TABLE batch_queue (
	queue TEXT NOT NULL,
	tokens BIGINT NOT NULL,
	learned_at FLOAT NOT NULL,
	PRIMARY KEY (queue)
);
INSERT INTO batch_queue VALUES('http://127.0.0.1:39137/v1 simulated-small',2000000,1795847757.302685976);
CREATE TABLE lane_choice (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	shard INTEGER NOT NULL,
	lane VARCHAR(16) NOT NULL,
	reason TEXT NOT NULL,
	decided_at DATETIME NOT NULL,
	due_at DATETIME NOT NULL,
	rescue_at DATETIME,
	requests BIGINT NOT NULL,
	input_tokens BIGINT NOT NULL,
	output_tokens BIGINT NOT NULL,
	stopped_at DATETIME,
	stop_reason TEXT,
	rescued_at DATETIME,
	rescue_reason TEXT,
	PRIMARY KEY (week, run_id, shard)
);
INSERT INTO lane_choice VALUES('2026-W46','shell-2026-W46',0,'realtime','asked for: lane realtime','2026-11-28 06:34:18.264905','2026-11-28 06:34:21.521705',NULL,12,9704,1152,NULL,NULL,NULL,NULL);
INSERT INTO lane_choice VALUES('2026-W47','shell-2026-W47',0,'batch','asked for: lane batch','2026-11-28 06:35:08.758443','2026-11-29 06:35:08.758443','2026-11-30 06:35:08.758443',12,9704,1152,NULL,NULL,NULL,NULL);
INSERT INTO lane_choice VALUES('2026-W47','again',0,'realtime','asked for: lane realtime','2026-11-28 06:35:38.508769','2026-11-28 06:35:41.765569',NULL,12,9704,1152,NULL,NULL,NULL,NULL);
CREATE TABLE lane_record (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	lane VARCHAR(16) NOT NULL,
	endpoints TEXT NOT NULL,
	rows BIGINT NOT NULL,
	requests BIGINT NOT NULL,
	tokens BIGINT NOT NULL,
	seconds FLOAT NOT NULL,
	cost_usd FLOAT,
	saved_usd FLOAT,
	measured_at DATETIME NOT NULL,
	PRIMARY KEY (week, run_id, lane)
);
INSERT INTO lane_record VALUES('2026-W46','shell-2026-W46','realtime','sim',12,12,10713,0.030999999999999999777,0.011289999999999999688,0.0,'2026-11-28 06:34:19.831854');
INSERT INTO lane_record VALUES('2026-W47','shell-2026-W47','batch','sim',12,12,10717,0.0,0.0056484999999999998751,0.0056484999999999998751,'2026-11-28 06:35:20.164196');
CREATE TABLE shard_pace (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	shard INTEGER NOT NULL,
	endpoints TEXT NOT NULL,
	requests BIGINT NOT NULL,
	tokens BIGINT NOT NULL,
	began_at FLOAT NOT NULL,
	ended_at FLOAT NOT NULL,
	PRIMARY KEY (week, run_id, shard)
);
INSERT INTO shard_pace VALUES('2026-W46','shell-2026-W46',0,'sim',12,10713,1795847658.9676904678,1795847659.1484179497);
CREATE TABLE experiment_result (
	experiment_id VARCHAR(250) NOT NULL,
	cell VARCHAR(250) NOT NULL,
	classifier VARCHAR(250) NOT NULL,
	model VARCHAR(250) NOT NULL,
	prompts VARCHAR(64) NOT NULL,
	strategy_fingerprint VARCHAR(64) NOT NULL,
	strategy TEXT NOT NULL,
	baseline VARCHAR(16) NOT NULL,
	kappa FLOAT,
	kappa_low FLOAT,
	kappa_high FLOAT,
	n INTEGER NOT NULL,
	agreement FLOAT NOT NULL,
	flip_share FLOAT,
	invalid_share FLOAT NOT NULL,
	cost_per_1000_usd FLOAT,
	simulated BOOLEAN NOT NULL,
	measured_at DATETIME NOT NULL,
	url TEXT NOT NULL,
	PRIMARY KEY (experiment_id, cell, classifier)
);
INSERT INTO experiment_result VALUES('packing','pack2-turns3000-rules-simulated-small','user_expertise','simulated-small','cade85c1f3da28a2f6a4c79d666a327b','6bda29ff953aac3f530515b9d58db40e','{"strategy": {"pack": 2, "combine": false, "grader": false}}','plain',1.0,1.0,1.0,6,1.0,NULL,0.0,0.40650000000000002797,1,'2026-11-28 06:35:55.284704','/srv/semtel/packing/report.html');
CREATE TABLE strategy_event (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	classifier VARCHAR(250) NOT NULL,
	fingerprint VARCHAR(32) NOT NULL,
	models TEXT NOT NULL,
	agreement FLOAT NOT NULL,
	low FLOAT NOT NULL,
	high FLOAT NOT NULL,
	n INTEGER NOT NULL,
	floor FLOAT NOT NULL,
	happened_at DATETIME NOT NULL,
	PRIMARY KEY (week, run_id, classifier)
);
INSERT INTO strategy_event VALUES('2026-W47','again','knowledge_work','ffffffffffffffffffffffffffffffff','simulated-small',0.60999999999999998667,0.52000000000000001776,0.69999999999999995559,120,0.9000000000000000222,'2026-11-28 06:35:57.333119');
CREATE TABLE endpoint_share (
	endpoint VARCHAR(250) NOT NULL,
	holder VARCHAR(250) NOT NULL,
	heartbeat_at FLOAT NOT NULL,
	demand FLOAT NOT NULL,
	share FLOAT NOT NULL,
	PRIMARY KEY (endpoint, holder)
);
INSERT INTO endpoint_share VALUES('sim','worker-1',1795847757.302685976,8.0,8.0);
CREATE TABLE weekly_share (
	week VARCHAR(8) NOT NULL,
	classifier VARCHAR(250) NOT NULL,
	level VARCHAR(8) NOT NULL,
	label TEXT NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	classifier_version VARCHAR(64),
	n INTEGER NOT NULL,
	total_n INTEGER NOT NULL,
	effective_n FLOAT NOT NULL,
	weight FLOAT NOT NULL,
	share FLOAT NOT NULL,
	low FLOAT NOT NULL,
	high FLOAT NOT NULL,
	PRIMARY KEY (week, classifier, level, label)
);
INSERT INTO weekly_share VALUES('2026-W46','satisfaction','label','neutral','shell-2026-W46','1.0.0',6,6,6.0,6.0,1.0,0.6096657120978348221,1.0);
INSERT INTO weekly_share VALUES('2026-W46','user_expertise','label','beginner','shell-2026-W46','1.0.0',2,6,6.0,2.0,0.33333333333333331482,0.096771411105780469341,0.7000066848616079973);
INSERT INTO weekly_share VALUES('2026-W46','user_expertise','label','expert','shell-2026-W46','1.0.0',2,6,6.0,2.0,0.33333333333333331482,0.096771411105780469341,0.7000066848616079973);
INSERT INTO weekly_share VALUES('2026-W46','user_expertise','label','novice','shell-2026-W46','1.0.0',1,6,6.0,1.0,0.16666666666666665741,0.030053369748306635322,0.56350282218647018694);
INSERT INTO weekly_share VALUES('2026-W46','user_expertise','label','proficient','shell-2026-W46','1.0.0',1,6,6.0,1.0,0.16666666666666665741,0.030053369748306635322,0.56350282218647018694);
INSERT INTO weekly_share VALUES('2026-W47','satisfaction','label','neutral','again','1.0.0',6,6,6.0,6.0,1.0,0.6096657120978348221,1.0);
INSERT INTO weekly_share VALUES('2026-W47','user_expertise','label','expert','again','1.0.0',2,6,6.0,2.0,0.33333333333333331482,0.096771411105780469341,0.7000066848616079973);
INSERT INTO weekly_share VALUES('2026-W47','user_expertise','label','intermediate','again','1.0.0',2,6,6.0,2.0,0.33333333333333331482,0.096771411105780469341,0.7000066848616079973);
INSERT INTO weekly_share VALUES('2026-W47','user_expertise','label','proficient','again','1.0.0',2,6,6.0,2.0,0.33333333333333331482,0.096771411105780469341,0.7000066848616079973);
CREATE TABLE weekly_slice (
	week VARCHAR(8) NOT NULL,
	classifier VARCHAR(250) NOT NULL,
	by_classifier VARCHAR(250) NOT NULL,
	by_label TEXT NOT NULL,
	label TEXT NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	n INTEGER NOT NULL,
	total_n INTEGER NOT NULL,
	effective_n FLOAT NOT NULL,
	weight FLOAT NOT NULL,
	share FLOAT NOT NULL,
	low FLOAT NOT NULL,
	high FLOAT NOT NULL,
	PRIMARY KEY (week, classifier, by_classifier, by_label, label)
);
INSERT INTO weekly_slice VALUES('2026-W46','satisfaction','user_expertise','beginner','neutral','shell-2026-W46',2,2,2.0,2.0,1.0,0.34238022750665320081,1.0);
INSERT INTO weekly_slice VALUES('2026-W46','satisfaction','user_expertise','expert','neutral','shell-2026-W46',2,2,2.0,2.0,1.0,0.34238022750665320081,1.0);
INSERT INTO weekly_slice VALUES('2026-W46','satisfaction','user_expertise','novice','neutral','shell-2026-W46',1,1,1.0,1.0,1.0,0.20654931437723744735,1.0);
INSERT INTO weekly_slice VALUES('2026-W46','satisfaction','user_expertise','proficient','neutral','shell-2026-W46',1,1,1.0,1.0,1.0,0.20654931437723744735,1.0);
INSERT INTO weekly_slice VALUES('2026-W47','satisfaction','user_expertise','expert','neutral','again',2,2,2.0,2.0,1.0,0.34238022750665320081,1.0);
INSERT INTO weekly_slice VALUES('2026-W47','satisfaction','user_expertise','intermediate','neutral','again',2,2,2.0,2.0,1.0,0.34238022750665320081,1.0);
INSERT INTO weekly_slice VALUES('2026-W47','satisfaction','user_expertise','proficient','neutral','again',2,2,2.0,2.0,1.0,0.34238022750665320081,1.0);
CREATE TABLE quality_result (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	check_id VARCHAR(120) NOT NULL,
	classifier VARCHAR(250) NOT NULL,
	passed BOOLEAN NOT NULL,
	severity VARCHAR(8) NOT NULL,
	description TEXT,
	observed TEXT,
	expected TEXT,
	notes TEXT,
	checked_at DATETIME,
	PRIMARY KEY (week, run_id, check_id, classifier)
);
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','schema','',1,'stop','Every file has the columns and types of the label row.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','row_values','',1,'stop','Every field of a row holds what its column may.','none','none','12 of 12 rows looked at','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','rows_complete','satisfaction',1,'stop','Every sampled conversation has a row of every classifier.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','rows_complete','user_expertise',1,'stop','Every sampled conversation has a row of every classifier.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','rows_unique','satisfaction',1,'stop','No conversation has two rows of one classifier.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','rows_unique','user_expertise',1,'stop','No conversation has two rows of one classifier.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','status_known','satisfaction',1,'stop','Every status is one of the closed set.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','status_known','user_expertise',1,'stop','Every status is one of the closed set.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','label_known','satisfaction',1,'stop','Every row that succeeded has a label of its classifier.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','label_known','user_expertise',1,'stop','Every row that succeeded has a label of its classifier.','none','none','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','non_success_share','satisfaction',1,'stop','Rows that did not end in success.','0.0 %','at most 90.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','non_success_share','user_expertise',1,'stop','Rows that did not end in success.','0.0 %','at most 90.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','constant_output_share','satisfaction',1,'warn','Rows that say the commonest label: a model stuck on one answer.','100.0 %','at most 98.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','constant_output_share','user_expertise',1,'warn','Rows that say the commonest label: a model stuck on one answer.','33.3 %','at most 98.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','label_share_change','satisfaction',1,'warn','Change of a label''s share against the last 4 published weeks.','no history','at most 15.0 %','no published week before this one to compare with','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','label_share_change','user_expertise',1,'warn','Change of a label''s share against the last 4 published weeks.','no history','at most 15.0 %','no published week before this one to compare with','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','truncated_share','',1,'warn','Rows whose conversation was cut to fit.','0.0 %','at most 25.0 %','not judged: 12 rows, fewer than min_rows = 30','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','quarantined_share','',1,'warn','Records that could not be read.','0.0 %','at most 10.0 %','not judged: 12 rows, fewer than min_rows = 30','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W46','shell-2026-W46','cost_per_conversation_usd','',1,'warn','What labelling a conversation cost, all classifiers together.','$0.0019','at most $0.0500','','2026-11-28 06:34:56.385981');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','schema','',1,'stop','Every file has the columns and types of the label row.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','row_values','',1,'stop','Every field of a row holds what its column may.','none','none','12 of 12 rows looked at','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','rows_complete','satisfaction',1,'stop','Every sampled conversation has a row of every classifier.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','rows_complete','user_expertise',1,'stop','Every sampled conversation has a row of every classifier.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','rows_unique','satisfaction',1,'stop','No conversation has two rows of one classifier.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','rows_unique','user_expertise',1,'stop','No conversation has two rows of one classifier.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','status_known','satisfaction',1,'stop','Every status is one of the closed set.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','status_known','user_expertise',1,'stop','Every status is one of the closed set.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','label_known','satisfaction',1,'stop','Every row that succeeded has a label of its classifier.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','label_known','user_expertise',1,'stop','Every row that succeeded has a label of its classifier.','none','none','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','non_success_share','satisfaction',1,'stop','Rows that did not end in success.','0.0 %','at most 90.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','non_success_share','user_expertise',1,'stop','Rows that did not end in success.','0.0 %','at most 90.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','constant_output_share','satisfaction',1,'warn','Rows that say the commonest label: a model stuck on one answer.','100.0 %','at most 98.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','constant_output_share','user_expertise',1,'warn','Rows that say the commonest label: a model stuck on one answer.','33.3 %','at most 98.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','label_share_change','satisfaction',1,'warn','Change of a label''s share against the last 4 published weeks.','0.0 %','at most 15.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','label_share_change','user_expertise',1,'warn','Change of a label''s share against the last 4 published weeks.','33.3 %','at most 15.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','truncated_share','',1,'warn','Rows whose conversation was cut to fit.','0.0 %','at most 25.0 %','not judged: 12 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','quarantined_share','',1,'warn','Records that could not be read.','0.0 %','at most 10.0 %','not judged: 12 rows, fewer than min_rows = 30','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','shell-2026-W47','cost_per_conversation_usd','',1,'warn','What labelling a conversation cost, all classifiers together.','$0.0009','at most $0.0500','','2026-11-28 06:35:31.863470');
INSERT INTO quality_result VALUES('2026-W47','again','schema','',1,'stop','Every file has the columns and types of the label row.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','row_values','',1,'stop','Every field of a row holds what its column may.','none','none','12 of 12 rows looked at','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','rows_complete','satisfaction',1,'stop','Every sampled conversation has a row of every classifier.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','rows_complete','user_expertise',1,'stop','Every sampled conversation has a row of every classifier.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','rows_unique','satisfaction',1,'stop','No conversation has two rows of one classifier.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','rows_unique','user_expertise',1,'stop','No conversation has two rows of one classifier.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','status_known','satisfaction',1,'stop','Every status is one of the closed set.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','status_known','user_expertise',1,'stop','Every status is one of the closed set.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','label_known','satisfaction',1,'stop','Every row that succeeded has a label of its classifier.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','label_known','user_expertise',1,'stop','Every row that succeeded has a label of its classifier.','none','none','','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','non_success_share','satisfaction',1,'stop','Rows that did not end in success.','0.0 %','at most 90.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','non_success_share','user_expertise',1,'stop','Rows that did not end in success.','0.0 %','at most 90.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','constant_output_share','satisfaction',1,'warn','Rows that say the commonest label: a model stuck on one answer.','100.0 %','at most 98.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','constant_output_share','user_expertise',1,'warn','Rows that say the commonest label: a model stuck on one answer.','33.3 %','at most 98.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','label_share_change','satisfaction',1,'warn','Change of a label''s share against the last 4 published weeks.','0.0 %','at most 15.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','label_share_change','user_expertise',1,'warn','Change of a label''s share against the last 4 published weeks.','33.3 %','at most 15.0 %','not judged: 6 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','truncated_share','',1,'warn','Rows whose conversation was cut to fit.','0.0 %','at most 25.0 %','not judged: 12 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','quarantined_share','',1,'warn','Records that could not be read.','0.0 %','at most 10.0 %','not judged: 12 rows, fewer than min_rows = 30','2026-11-28 06:35:48.227057');
INSERT INTO quality_result VALUES('2026-W47','again','cost_per_conversation_usd','',1,'warn','What labelling a conversation cost, all classifiers together.','$0.0000','at most $0.0500','','2026-11-28 06:35:48.227057');
CREATE TABLE label (
	week VARCHAR(8) NOT NULL,
	conversation_id TEXT NOT NULL,
	classifier VARCHAR(250) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	shard INTEGER NOT NULL,
	classifier_version VARCHAR(64) NOT NULL,
	label TEXT,
	labels TEXT,
	score FLOAT,
	confidence FLOAT,
	status VARCHAR(16) NOT NULL,
	matched_by VARCHAR(16),
	lane VARCHAR(16),
	endpoint VARCHAR(250),
	model VARCHAR(250),
	truncated_tokens INTEGER NOT NULL,
	input_tokens BIGINT NOT NULL,
	output_tokens BIGINT NOT NULL,
	cost_usd FLOAT,
	sample_weight FLOAT NOT NULL,
	classified_at DATETIME,
	carried_from VARCHAR(250),
	PRIMARY KEY (week, conversation_id, classifier)
);
INSERT INTO label VALUES('2026-W46','c0','satisfaction','shell-2026-W46',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','realtime','sim','simulated-small',0,993,91,0.0011750000000000000461,1.0,'2026-11-28 06:34:19.034539',NULL);
INSERT INTO label VALUES('2026-W46','c0','user_expertise','shell-2026-W46',0,'1.0.0','proficient',NULL,4.0,NULL,'success','exact','realtime','sim','simulated-small',0,699,6,0.00071100000000000004342,1.0,'2026-11-28 06:34:19.035080',NULL);
INSERT INTO label VALUES('2026-W46','c1','satisfaction','shell-2026-W46',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','realtime','sim','simulated-small',0,991,91,0.0011729999999999999975,1.0,'2026-11-28 06:34:19.035302',NULL);
INSERT INTO label VALUES('2026-W46','c1','user_expertise','shell-2026-W46',0,'1.0.0','expert',NULL,5.0,NULL,'success','exact','realtime','sim','simulated-small',0,697,5,0.00070699999999999994619,1.0,'2026-11-28 06:34:19.035474',NULL);
INSERT INTO label VALUES('2026-W46','c2','satisfaction','shell-2026-W46',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','realtime','sim','simulated-small',0,992,91,0.0011739999999999999134,1.0,'2026-11-28 06:34:19.064446',NULL);
INSERT INTO label VALUES('2026-W46','c2','user_expertise','shell-2026-W46',0,'1.0.0','expert',NULL,5.0,NULL,'success','exact','realtime','sim','simulated-small',0,698,5,0.0007079999999999999705,1.0,'2026-11-28 06:34:19.065001',NULL);
INSERT INTO label VALUES('2026-W46','c3','satisfaction','shell-2026-W46',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','realtime','sim','simulated-small',0,991,91,0.0011729999999999999975,1.0,'2026-11-28 06:34:19.065198',NULL);
INSERT INTO label VALUES('2026-W46','c3','user_expertise','shell-2026-W46',0,'1.0.0','beginner',NULL,2.0,NULL,'success','exact','realtime','sim','simulated-small',0,697,5,0.00070699999999999994619,1.0,'2026-11-28 06:34:19.065416',NULL);
INSERT INTO label VALUES('2026-W46','c4','satisfaction','shell-2026-W46',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','realtime','sim','simulated-small',0,991,91,0.0011729999999999999975,1.0,'2026-11-28 06:34:19.065563',NULL);
INSERT INTO label VALUES('2026-W46','c4','user_expertise','shell-2026-W46',0,'1.0.0','beginner',NULL,2.0,NULL,'success','exact','realtime','sim','simulated-small',0,697,5,0.00070699999999999994619,1.0,'2026-11-28 06:34:19.065696',NULL);
INSERT INTO label VALUES('2026-W46','c5','satisfaction','shell-2026-W46',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','realtime','sim','simulated-small',0,992,91,0.0011739999999999999134,1.0,'2026-11-28 06:34:19.065786',NULL);
INSERT INTO label VALUES('2026-W46','c5','user_expertise','shell-2026-W46',0,'1.0.0','novice',NULL,1.0,NULL,'success','exact','realtime','sim','simulated-small',0,698,5,0.0007079999999999999705,1.0,'2026-11-28 06:34:19.065904',NULL);
INSERT INTO label VALUES('2026-W47','c10','satisfaction','again',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','batch','sim','simulated-small',0,991,91,0.00058649999999999999876,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c10','user_expertise','again',0,'1.0.0','intermediate',NULL,3.0,NULL,'success','exact','batch','sim','simulated-small',0,698,6,0.00035500000000000000955,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c11','satisfaction','again',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','batch','sim','simulated-small',0,992,91,0.0005869999999999999567,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c11','user_expertise','again',0,'1.0.0','proficient',NULL,4.0,NULL,'success','exact','batch','sim','simulated-small',0,698,6,0.00035500000000000000955,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c6','satisfaction','again',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','batch','sim','simulated-small',0,993,91,0.00058750000000000002307,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c6','user_expertise','again',0,'1.0.0','intermediate',NULL,3.0,NULL,'success','exact','batch','sim','simulated-small',0,699,6,0.00035550000000000002171,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c7','satisfaction','again',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','batch','sim','simulated-small',0,991,91,0.00058649999999999999876,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c7','user_expertise','again',0,'1.0.0','proficient',NULL,4.0,NULL,'success','exact','batch','sim','simulated-small',0,697,6,0.0003544999999999999974,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c8','satisfaction','again',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','batch','sim','simulated-small',0,992,91,0.0005869999999999999567,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c8','user_expertise','again',0,'1.0.0','expert',NULL,5.0,NULL,'success','exact','batch','sim','simulated-small',0,698,5,0.00035399999999999998525,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c9','satisfaction','again',0,'1.0.0','neutral',NULL,0.0,NULL,'success','exact','batch','sim','simulated-small',0,991,91,0.00058649999999999999876,1.0,'2026-11-28 06:35:19.162455',NULL);
INSERT INTO label VALUES('2026-W47','c9','user_expertise','again',0,'1.0.0','expert',NULL,5.0,NULL,'success','exact','batch','sim','simulated-small',0,697,5,0.00035349999999999997309,1.0,'2026-11-28 06:35:19.162455',NULL);
CREATE TABLE alert (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	"key" VARCHAR(250) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	severity VARCHAR(8) NOT NULL,
	state VARCHAR(8) NOT NULL,
	what TEXT NOT NULL,
	body TEXT NOT NULL,
	raised_at DATETIME NOT NULL,
	changed_at DATETIME NOT NULL,
	resolved_at DATETIME,
	resolution TEXT,
	PRIMARY KEY (week, run_id, "key")
);
INSERT INTO alert VALUES('2026-W47','again','task_failed:report','task_failed','critical','open','report failed after its retries (StoreError); the run cannot go on','{"key": "task_failed:report", "kind": "task_failed", "severity": "critical", "week": "2026-W47", "run_id": "again", "what": "report failed after its retries (StoreError); the run cannot go on", "links": {"runbook": "docs/runbook.md#task-failed", "run": null, "report": "/srv/semtel/lake/reports/week=2026-W47/report.html", "data_docs": "/srv/semtel/lake/reports/week=2026-W47/data_docs/index.html", "reprocess": null}, "raised_at": "2026-11-28T06:35:56.304004+00:00", "findings": [], "counts": {"sampled": 6, "expected": 12, "landed": 12, "by_status": {"success": 12}}, "worst": null, "examples": [], "cost_usd": 0.0, "resolved_at": null, "resolution": null}','2026-11-28 06:35:56.304004','2026-11-28 06:35:56.304004',NULL,NULL);
CREATE TABLE alert_delivery (
	week VARCHAR(8) NOT NULL,
	run_id VARCHAR(250) NOT NULL,
	"key" VARCHAR(250) NOT NULL,
	event VARCHAR(8) NOT NULL,
	channel VARCHAR(120) NOT NULL,
	state VARCHAR(12) NOT NULL,
	attempts INTEGER NOT NULL,
	tried_at DATETIME NOT NULL,
	problem TEXT,
	PRIMARY KEY (week, run_id, "key", event, channel)
);
INSERT INTO alert_delivery VALUES('2026-W47','again','task_failed:report','raised','webhook','undelivered',1,'2026-11-28 06:35:56.461303','AlertError: webhook at 127.0.0.1: did not answer (URLError); see that it listens and accepts JSON');
CREATE INDEX batch_job_of_run ON batch_job (week, run_id);
CREATE INDEX batch_job_of_queue ON batch_job (queue, state);
CREATE INDEX experiment_result_of_classifier ON experiment_result (classifier, measured_at);
CREATE INDEX label_by_week_classifier ON label (week, classifier, label);
CREATE INDEX alert_by_state ON alert (state, raised_at);
COMMIT;
