"""The three files' tables, as sqlite-utils migrations. A migration that has shipped is never edited.

Hot tables are plain SQL inside their migration, because ``WITHOUT ROWID``, covering indexes and triggers are what
makes them fast and sqlite-utils has no words for those.
"""

from __future__ import annotations

import sqlite3

from agent_tui.store.sqlite_tools import Database, Migrations

desk = Migrations("desk")
cache = Migrations("cache")
search = Migrations("search")


@desk()
def m001_desk(db: Database) -> None:
    """What exists only here."""
    _script(
        db,
        """
        CREATE TABLE groups (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            words TEXT NOT NULL,
            undo_of INTEGER,
            undone INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL
        );
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
        CREATE INDEX operations_live ON operations (case_id, id) WHERE live = 1;
        CREATE INDEX operations_pending ON operations (state, id)
            WHERE state NOT IN ('done', 'sent', 'cancelled');
        CREATE INDEX operations_marker ON operations (marker) WHERE marker != '';
        CREATE INDEX operations_structure ON operations (kind) WHERE live = 1 AND kind IN ('merge', 'split', 'rejoin');
        CREATE INDEX operations_group ON operations (group_id);
        CREATE INDEX operations_case ON operations (case_id, kind) WHERE kind IN ('reply', 'note');
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
        CREATE INDEX drafts_open ON drafts (case_id) WHERE state = 'open';
        CREATE TABLE anchors (
            hash INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            PRIMARY KEY (hash, case_id)
        ) WITHOUT ROWID;
        CREATE TABLE passes (
            id INTEGER PRIMARY KEY,
            operation_id INTEGER NOT NULL,
            guard TEXT NOT NULL,
            at INTEGER NOT NULL
        );
        """,
    )


@desk()
def m002_unfolded(db: Database) -> None:
    """Which cases have changed here since the cache was last known to show it.

    The desk and the cache are committed one after the other. A row here is part of the desk's own commit, so whatever
    comes between the two, a process killed or a power cut that takes the cache's last commits, is found at the next
    start. A case that changes again gets a new number, so that a process that mends never takes away what came later.
    """
    _script(
        db,
        """
        CREATE TABLE unfolded (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            case_id INTEGER NOT NULL UNIQUE
        );
        CREATE TRIGGER operations_added AFTER INSERT ON operations BEGIN
            DELETE FROM unfolded WHERE case_id = new.case_id;
            INSERT INTO unfolded (case_id) VALUES (new.case_id);
        END;
        CREATE TRIGGER operations_changed AFTER UPDATE OF state, live, local, body ON operations BEGIN
            DELETE FROM unfolded WHERE case_id = new.case_id;
            INSERT INTO unfolded (case_id) VALUES (new.case_id);
        END;
        CREATE TRIGGER drafts_added AFTER INSERT ON drafts WHEN new.case_id IS NOT NULL BEGIN
            DELETE FROM unfolded WHERE case_id = new.case_id;
            INSERT INTO unfolded (case_id) VALUES (new.case_id);
        END;
        CREATE TRIGGER drafts_changed AFTER UPDATE OF state, text ON drafts
        WHEN new.case_id IS NOT NULL AND (old.state != new.state OR (old.text = '') != (new.text = '')) BEGIN
            DELETE FROM unfolded WHERE case_id = new.case_id;
            INSERT INTO unfolded (case_id) VALUES (new.case_id);
        END;
        CREATE INDEX operations_after ON operations (after_id) WHERE after_id IS NOT NULL;
        CREATE INDEX drafts_over ON drafts (updated_at) WHERE state IN ('discarded', 'sent');
        CREATE INDEX operations_split ON operations (case_id) WHERE kind = 'split';
        CREATE INDEX operations_settling ON operations (source, updated_at) WHERE live = 1 AND local = 0 AND state = 'done';
        INSERT INTO unfolded (case_id) SELECT case_id FROM operations WHERE live = 1
            UNION SELECT case_id FROM drafts WHERE case_id IS NOT NULL AND state = 'open';
        """,
    )


@desk()
def m003_remembered(db: Database) -> None:
    """Small things that the program itself learns about its user, such as which first steps need no more hints."""
    _script(
        db,
        """
        CREATE TABLE remembered (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) WITHOUT ROWID;
        """,
    )


@desk()
def m004_policy(db: Database) -> None:
    """What clauses said when, which are pinned to a case, and what was ruled under them."""
    _script(
        db,
        """
        CREATE TABLE clause_texts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            clause TEXT NOT NULL,
            language TEXT NOT NULL,
            version TEXT NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,
            seen_at INTEGER NOT NULL
        );
        CREATE INDEX clause_texts_of ON clause_texts (clause, language, id);
        CREATE TABLE pins (
            case_id INTEGER NOT NULL,
            clause TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (case_id, clause)
        ) WITHOUT ROWID;
        CREATE TABLE decisions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            clause TEXT NOT NULL,
            version TEXT NOT NULL,
            case_id INTEGER NOT NULL,
            source TEXT NOT NULL,
            channel TEXT NOT NULL,
            outcome TEXT NOT NULL,
            amount TEXT NOT NULL DEFAULT '',
            scope TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            facts TEXT NOT NULL DEFAULT '{}',
            agent TEXT NOT NULL,
            operation INTEGER,
            once INTEGER NOT NULL DEFAULT 0,
            decided_at INTEGER NOT NULL
        );
        CREATE INDEX decisions_clause ON decisions (clause, decided_at);
        CREATE INDEX decisions_case ON decisions (case_id);
        """,
    )


@desk()
def m005_removed(db: Database) -> None:
    """Messages of people who were forgotten: known by a hash, so that they do not come in again from a server."""
    db.conn.execute("CREATE TABLE removed (hash INTEGER PRIMARY KEY)")


@desk()
def m006_translations(db: Database) -> None:
    """The other text of a message: what a machine made of it, or what its author wrote before it was translated."""
    _script(
        db,
        """
        CREATE TABLE translations (
            source TEXT NOT NULL,
            key TEXT NOT NULL,
            case_id INTEGER NOT NULL,
            language TEXT NOT NULL,
            text TEXT NOT NULL,
            machine INTEGER NOT NULL,
            made_at INTEGER NOT NULL,
            PRIMARY KEY (source, key)
        ) WITHOUT ROWID;
        CREATE INDEX translations_case ON translations (case_id);
        """,
    )


@cache()
def m001_cache(db: Database) -> None:
    """The mirror of the servers with the folded cases."""
    _script(
        db,
        """
        CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            cursor TEXT NOT NULL DEFAULT '',
            first_synced_at INTEGER,
            synced_at INTEGER,
            error TEXT NOT NULL DEFAULT '',
            error_kind TEXT NOT NULL DEFAULT '',
            server TEXT NOT NULL DEFAULT '',
            account TEXT NOT NULL DEFAULT '',
            operations TEXT,
            capabilities TEXT NOT NULL DEFAULT '',
            settings TEXT NOT NULL DEFAULT ''
        );
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            origin_id INTEGER NOT NULL,
            key TEXT NOT NULL,
            marker TEXT NOT NULL DEFAULT '',
            direction TEXT NOT NULL,
            visibility TEXT NOT NULL,
            role TEXT NOT NULL,
            author_name TEXT NOT NULL,
            author_address TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            sent_at INTEGER NOT NULL,
            subject TEXT NOT NULL,
            snippet TEXT NOT NULL,
            recipients TEXT NOT NULL DEFAULT '',
            attachments TEXT NOT NULL DEFAULT '',
            marks TEXT NOT NULL DEFAULT '',
            automatic INTEGER NOT NULL DEFAULT 0,
            complete INTEGER NOT NULL DEFAULT 1,
            html INTEGER NOT NULL DEFAULT 0,
            gone INTEGER NOT NULL DEFAULT 0,
            revised INTEGER NOT NULL DEFAULT 0,
            warning TEXT NOT NULL DEFAULT '',
            size INTEGER NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX messages_key ON messages (source_id, key);
        CREATE INDEX messages_case ON messages (case_id, id);
        CREATE INDEX messages_elsewhere ON messages (origin_id) WHERE origin_id != case_id;
        CREATE INDEX messages_marker ON messages (marker) WHERE marker != '';
        CREATE TABLE bodies (
            id INTEGER PRIMARY KEY,
            text BLOB NOT NULL,
            fresh INTEGER NOT NULL DEFAULT -1,
            headers BLOB NOT NULL DEFAULT ''
        );
        CREATE TABLE places (
            source_id INTEGER NOT NULL,
            container TEXT NOT NULL,
            ref TEXT NOT NULL,
            message_id INTEGER NOT NULL,
            marks TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (source_id, container, ref)
        ) WITHOUT ROWID;
        CREATE INDEX places_message ON places (message_id);
        CREATE TABLE links (
            hash INTEGER PRIMARY KEY,
            case_id INTEGER NOT NULL
        );
        CREATE INDEX links_case ON links (case_id);
        CREATE TABLE cases (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL,
            conversation TEXT NOT NULL DEFAULT '',
            remote TEXT NOT NULL DEFAULT '',
            server_state TEXT NOT NULL DEFAULT 'new',
            subject TEXT NOT NULL DEFAULT '',
            customer_name TEXT NOT NULL DEFAULT '',
            customer_address TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL DEFAULT 'new',
            assignee TEXT,
            tags TEXT NOT NULL DEFAULT '',
            priority TEXT NOT NULL DEFAULT 'normal',
            unread INTEGER NOT NULL DEFAULT 0,
            messages INTEGER NOT NULL DEFAULT 0,
            waiting_since INTEGER,
            due_at INTEGER,
            updated_at INTEGER NOT NULL DEFAULT 0,
            snoozed_until INTEGER,
            partial INTEGER NOT NULL DEFAULT 0,
            public INTEGER NOT NULL DEFAULT 0,
            answer TEXT NOT NULL DEFAULT 'none',
            snippet TEXT NOT NULL DEFAULT '',
            attachments INTEGER NOT NULL DEFAULT 0,
            flagged INTEGER NOT NULL DEFAULT 0,
            draft INTEGER NOT NULL DEFAULT 0,
            outgoing INTEGER NOT NULL DEFAULT 0,
            notice TEXT NOT NULL DEFAULT '',
            local TEXT NOT NULL DEFAULT '',
            last_asked INTEGER NOT NULL DEFAULT 0,
            version INTEGER NOT NULL DEFAULT 0,
            bucket INTEGER NOT NULL DEFAULT 9,
            sort1 INTEGER NOT NULL DEFAULT 0,
            sort2 INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX cases_list ON cases (bucket, sort1, sort2, id);
        CREATE INDEX cases_assignee ON cases (assignee, bucket, sort1, sort2, id);
        CREATE INDEX cases_draft ON cases (bucket, sort1, sort2, id) WHERE draft = 1;
        CREATE INDEX cases_updated ON cases (updated_at);
        CREATE INDEX cases_snoozed ON cases (snoozed_until) WHERE snoozed_until IS NOT NULL;
        CREATE INDEX cases_customer ON cases (customer_address, updated_at);
        CREATE UNIQUE INDEX cases_conversation ON cases (source_id, conversation) WHERE conversation != '';
        CREATE TABLE aliases (
            alias INTEGER PRIMARY KEY,
            case_id INTEGER NOT NULL,
            manual INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX aliases_case ON aliases (case_id);
        CREATE TABLE tally (
            bucket INTEGER NOT NULL,
            assignee TEXT NOT NULL,
            cases INTEGER NOT NULL,
            unread INTEGER NOT NULL,
            PRIMARY KEY (bucket, assignee)
        ) WITHOUT ROWID;
        CREATE TRIGGER cases_added AFTER INSERT ON cases BEGIN
            INSERT INTO tally VALUES (new.bucket, coalesce(new.assignee, ''), 1, new.unread > 0)
            ON CONFLICT DO UPDATE SET cases = cases + 1, unread = unread + excluded.unread;
        END;
        CREATE TRIGGER cases_changed AFTER UPDATE OF bucket, assignee, unread ON cases
        WHEN old.bucket != new.bucket OR old.assignee IS NOT new.assignee OR (old.unread > 0) != (new.unread > 0) BEGIN
            UPDATE tally SET cases = cases - 1, unread = unread - (old.unread > 0)
            WHERE bucket = old.bucket AND assignee = coalesce(old.assignee, '');
            INSERT INTO tally VALUES (new.bucket, coalesce(new.assignee, ''), 1, new.unread > 0)
            ON CONFLICT DO UPDATE SET cases = cases + 1, unread = unread + excluded.unread;
        END;
        CREATE TRIGGER cases_removed AFTER DELETE ON cases BEGIN
            UPDATE tally SET cases = cases - 1, unread = unread - (old.unread > 0)
            WHERE bucket = old.bucket AND assignee = coalesce(old.assignee, '');
        END;
        CREATE TABLE unindexed (message_id INTEGER PRIMARY KEY);
        CREATE TABLE bad_items (
            source_id INTEGER NOT NULL,
            container TEXT NOT NULL,
            ref TEXT NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (source_id, container, ref)
        ) WITHOUT ROWID;
        CREATE TABLE cached_files (
            message_id INTEGER NOT NULL,
            part TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            PRIMARY KEY (message_id, part)
        ) WITHOUT ROWID;
        """,
    )


@cache()
def m002_outdated(db: Database) -> None:
    """What the index holds of messages that have been revised since: a contentless index forgets only what it is told."""
    _script(
        db,
        """
        CREATE TABLE outdated (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id INTEGER NOT NULL,
            subject TEXT NOT NULL,
            author TEXT NOT NULL,
            text BLOB NOT NULL
        );
        CREATE INDEX outdated_message ON outdated (message_id);
        """,
    )


@cache()
def m003_named(db: Database) -> None:
    """The subject of its case under which the index holds a message that has none of its own: a case may get another."""
    db.conn.execute("CREATE TABLE named (message_id INTEGER PRIMARY KEY, subject TEXT NOT NULL)")


@cache()
def m004_rare(db: Database) -> None:
    """What few cases have, so that looking for it does not mean looking at all of them."""
    _script(
        db,
        """
        CREATE INDEX cases_tagged ON cases (tags) WHERE tags != '';
        CREATE INDEX cases_unread ON cases (id) WHERE unread > 0;
        """,
    )


@cache()
def m005_found(db: Database) -> None:
    """What searches ask for beside words: files, sources, what is public; and the messages whose ids do not tell their time."""
    _script(
        db,
        """
        CREATE INDEX messages_attached ON messages (id, case_id) WHERE attachments != '';
        CREATE INDEX messages_strayed ON messages (received_at)
            WHERE (id >> 6) != max(1, received_at / 1000 - 631152000);
        CREATE INDEX cases_public ON cases (id) WHERE public;
        CREATE INDEX cases_answer ON cases (answer) WHERE answer != 'none';
        CREATE INDEX cases_source ON cases (source_id);
        """,
    )


@search()
def m001_search(db: Database) -> None:
    """The full-text index over folded text. Contentless: the text itself is in the cache."""
    _script(
        db,
        """
        CREATE VIRTUAL TABLE message_index USING fts5 (
            subject, author, body, plain,
            content = '', columnsize = 0, detail = full,
            tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mc Mn'"
        );
        CREATE TABLE terms (term TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX terms_common ON terms (term, n) WHERE n >= 8;
        """,
    )


@search()
def m002_forgotten(db: Database) -> None:
    """Rows of ``outdated`` that the index has been told of: telling it twice would make its totals wrong."""
    db.conn.execute("CREATE TABLE forgotten (id INTEGER PRIMARY KEY)")


@search()
def m003_clause_vectors(db: Database) -> None:
    """What a model made of the text of a clause."""
    _script(
        db,
        """
        CREATE TABLE clause_vectors (
            model TEXT NOT NULL,
            digest BLOB NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (model, digest)
        ) WITHOUT ROWID;
        """,
    )


def _script(db: Database, sql: str) -> None:
    connection: sqlite3.Connection = db.conn
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
