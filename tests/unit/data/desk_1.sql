PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'desk','m001_desk','2026-11-21 23:23:43.043896+00:00');
CREATE TABLE anchors (
            hash INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            PRIMARY KEY (hash, case_id)
        ) WITHOUT ROWID;
INSERT INTO "anchors" VALUES(315042512949631630,8548479931);
INSERT INTO "anchors" VALUES(4157403610397227169,9931096122);
INSERT INTO "anchors" VALUES(6602743023509658058,7564668303);
CREATE TABLE drafts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            case_id INTEGER,
            source TEXT NOT NULL,
            kind TEXT NOT NULL,
            visibility TEXT NOT NULL,
            text TEXT NOT NULL,
            fields TEXT NOT NULL DEFAULT '{}',
            seen INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL DEFAULT 'open',
            updated_at INTEGER NOT NULL
        );
INSERT INTO "drafts" VALUES(1,7564668303,'mail','reply','private','It left yesterday, Rina.','{"to":[["Rina","rina@customer.example"]],"sender":"support@example.com","subject":"Re: Where is my parcel?","in_reply_to":"a@x"}',72246041600,'sent',1760000015000);
INSERT INTO "drafts" VALUES(2,8548479931,'mail','reply','private','Here it is, Li.','{"to": [["Li", "li@customer.example"]], "sender": "support@example.com", "subject": "Re: Invoice", "in_reply_to": "b@x", "error": "550 5.1.1 no such user", "returned": 2}',72246041601,'open',1760000030000);
INSERT INTO "drafts" VALUES(3,7564668303,'mail','note','note','তিনি দুবার ফোন করেছেন।','{}',72246041600,'frozen',1760000030000);
INSERT INTO "drafts" VALUES(4,7564668303,'mail','reply','private','One more thing, Rina.','{"to":[["Rina","rina@customer.example"]],"sender":"support@example.com","subject":"Re: Where is my parcel?","in_reply_to":"a@x"}',72246041600,'frozen',1760000030000);
INSERT INTO "drafts" VALUES(5,7564668303,'mail','reply','private','Half a thou','{"to":[["Rina","rina@customer.example"]],"sender":"support@example.com","subject":"Re: Where is my parcel?","in_reply_to":"a@x"}',72246041600,'open',1760000030000);
CREATE TABLE groups (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            words TEXT NOT NULL,
            undo_of INTEGER,
            undone INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL
        );
INSERT INTO "groups" VALUES(1,'Sending',NULL,0,1760000000000);
INSERT INTO "groups" VALUES(2,'Sending',NULL,0,1760000015000);
INSERT INTO "groups" VALUES(3,'Note',NULL,0,1760000030000);
INSERT INTO "groups" VALUES(4,'Tagged +refund: 1 case',NULL,0,1760000030000);
INSERT INTO "groups" VALUES(5,'Assigned to asha@example.com: 1 case',NULL,0,1760000030000);
INSERT INTO "groups" VALUES(6,'Priority high: 1 case',NULL,0,1760000030000);
INSERT INTO "groups" VALUES(7,'Merged into cqspc11: 1 case',NULL,0,1760000030000);
INSERT INTO "groups" VALUES(8,'Closed 1 case',NULL,1,1760000030000);
INSERT INTO "groups" VALUES(9,'Sending',NULL,0,1760000030000);
CREATE TABLE operations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            group_id INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            source TEXT NOT NULL,
            kind TEXT NOT NULL,
            body TEXT NOT NULL,
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            reference TEXT NOT NULL UNIQUE,
            marker TEXT NOT NULL DEFAULT '',
            attempts INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '',
            held_until INTEGER,
            not_before INTEGER NOT NULL DEFAULT 0,
            after_id INTEGER,
            acknowledged TEXT NOT NULL DEFAULT '',
            live INTEGER NOT NULL DEFAULT 1,
            local INTEGER NOT NULL DEFAULT 0,
            undoes INTEGER,
            inverse TEXT NOT NULL DEFAULT '[]'
        );
INSERT INTO "operations" VALUES(1,1,7564668303,'mail','reply','{"text":"It left yesterday, Rina.","visibility":"private","marker":"8b11fa709504dcab75409b9f@example.com","created_at":1760000000000,"sender":{"name":"Asha Rao","address":"support@example.com"},"to":[{"name":"Rina","address":"rina@customer.example"}],"cc":[],"bcc":[],"subject":"Re: Where is my parcel?","in_reply_to":"a@x","references":["a@x"],"attachments":[],"html":false,"answered":["INBOX","1:449971539"],"draft":1,"seen":72246041600,"seen_ours":0,"server_state":"new","canned":[],"mode":"reply"}','sent',1760000000000,1760000015000,'46891de9ff12e118beb0733e','8b11fa709504dcab75409b9f@example.com',1,'',NULL,0,NULL,'{"remote_id": ""}',1,0,NULL,'[]');
INSERT INTO "operations" VALUES(2,2,8548479931,'mail','reply','{"text":"Here it is, Li.","visibility":"private","marker":"5ba31c9de845672438450266@example.com","created_at":1760000015000,"sender":{"name":"Asha Rao","address":"support@example.com"},"to":[{"name":"Li","address":"li@customer.example"}],"cc":[],"bcc":[],"subject":"Re: Invoice","in_reply_to":"b@x","references":["b@x"],"attachments":[],"html":false,"answered":["INBOX","1:284947527"],"draft":2,"seen":72246041601,"seen_ours":0,"server_state":"new","canned":[],"mode":"reply"}','failed',1760000015000,1760000030000,'75b09616c675665955f7432f','5ba31c9de845672438450266@example.com',1,'550 5.1.1 no such user',NULL,0,NULL,'',1,0,NULL,'[]');
INSERT INTO "operations" VALUES(3,2,8548479931,'mail','state','{"state":"closed","seen":0}','queued',1760000015000,1760000015000,'07eb553bb836dec7a48136c5','',0,'',NULL,0,2,'',1,0,NULL,'[["state", "{\"state\":\"waiting\",\"seen\":0}"]]');
INSERT INTO "operations" VALUES(4,3,7564668303,'mail','note','{"text":"তিনি দুবার ফোন করেছেন।","marker":"5f8a7079e29ca5d9d90aabeb","created_at":1760000030000,"author":{"name":"Asha Rao","address":"asha@example.com"},"draft":3}','done',1760000030000,1760000030000,'9d9d9af74aa125c33cacf00e','5f8a7079e29ca5d9d90aabeb',0,'',NULL,0,NULL,'',1,1,NULL,'[]');
INSERT INTO "operations" VALUES(5,4,7564668303,'mail','tag','{"add":["refund"],"remove":[]}','done',1760000030000,1760000030000,'bc6e5afaacc67188964589ba','',0,'',NULL,0,NULL,'',1,1,NULL,'[["tag", "{\"add\":[],\"remove\":[\"refund\"]}"]]');
INSERT INTO "operations" VALUES(6,5,7564668303,'mail','assign','{"assignee":"asha@example.com"}','done',1760000030000,1760000030000,'902ae80afc7733c011de7fa5','',0,'',NULL,0,NULL,'',1,1,NULL,'[["assign", "{\"assignee\":null}"]]');
INSERT INTO "operations" VALUES(7,6,8548479931,'mail','priority','{"priority":"high"}','done',1760000030000,1760000030000,'09f508a805f3c41a8d6bfc27','',0,'',NULL,0,NULL,'',1,1,NULL,'[["priority", "{\"priority\":\"normal\"}"]]');
INSERT INTO "operations" VALUES(8,7,9931096122,'mail','merge','{"into":8548479931}','done',1760000030000,1760000030000,'4f37ee301b3bb5e870f5ff13','',0,'',NULL,0,NULL,'',1,1,NULL,'[["rejoin", "{\"case\":9931096122}"]]');
INSERT INTO "operations" VALUES(9,8,7564668303,'mail','state','{"state":"closed","seen":72246041600}','cancelled',1760000030000,1760000030000,'4775cf700839430e0e61797f','',0,'',NULL,0,NULL,'',0,0,NULL,'[["state", "{\"state\":\"waiting\",\"seen\":72246041600}"]]');
INSERT INTO "operations" VALUES(10,9,7564668303,'mail','reply','{"text":"One more thing, Rina.","visibility":"private","marker":"2af1749ab50beb3d9373b68f@example.com","created_at":1760000030000,"sender":{"name":"Asha Rao","address":"support@example.com"},"to":[{"name":"Rina","address":"rina@customer.example"}],"cc":[],"bcc":[],"subject":"Re: Where is my parcel?","in_reply_to":"a@x","references":["a@x"],"attachments":[],"html":false,"answered":["INBOX","1:449971539"],"draft":4,"seen":72246041600,"seen_ours":0,"server_state":"new","canned":[],"mode":"reply"}','held',1760000030000,1760000030000,'6ee348367aaadc2f35cd0488','2af1749ab50beb3d9373b68f@example.com',0,'',1760000045000,0,NULL,'',1,0,NULL,'[]');
CREATE TABLE passes (
            id INTEGER PRIMARY KEY,
            operation_id INTEGER NOT NULL,
            guard TEXT NOT NULL,
            at INTEGER NOT NULL
        );
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX operations_live ON operations (case_id, id) WHERE live = 1;
CREATE INDEX operations_pending ON operations (state, id)
            WHERE state NOT IN ('done', 'sent', 'cancelled');
CREATE INDEX operations_marker ON operations (marker) WHERE marker != '';
CREATE INDEX operations_structure ON operations (kind) WHERE live = 1 AND kind IN ('merge', 'split', 'rejoin');
CREATE INDEX operations_group ON operations (group_id);
CREATE INDEX operations_case ON operations (case_id, kind) WHERE kind IN ('reply', 'note');
CREATE INDEX drafts_open ON drafts (case_id) WHERE state = 'open';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('drafts',5);
INSERT INTO "sqlite_sequence" VALUES('groups',9);
INSERT INTO "sqlite_sequence" VALUES('operations',10);
COMMIT;
