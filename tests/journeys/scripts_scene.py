"""A workspace with a case in every script, each as the customer's name and as the subject."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from agent_tui import workspace as workspaces
from agent_tui.desk import Desk
from agent_tui.domain.model import Address, Attachment, Author, Batch, Direction, RemoteMessage, Role, Visibility
from agent_tui.store import attachments
from agent_tui.store.apply import apply
from agent_tui.store.database import Store

TEXTS = {
    "Bengali": "ধন্যবাদ আপনাকে",
    "Punjabi": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ",
    "Kannada": "ಕಾವ್ಯ ಶ್ರೀಧರ",
    "Devanagari": "नमस्ते क्षत्रिय",
    "Tamil": "வணக்கம் நன்றி",
    "Telugu": "ధన్యవాదాలు మీకు",
    "Malayalam": "നന്ദി സുഹൃത്തേ",
    "Thai": "สวัสดีครับ น้ำ",
    "CJK": "請求書が届きません",
    "Korean": "한국어 감사합니다",
    "Arabic": "مرحبا شكرا",
    "joined emoji": "👩‍💻 👨‍👩‍👧 ok",
    "skin tone": "👍🏽 🤝🏿 ok",
    "flag and selector": "🇮🇳 ❤️ ☎ ok",
}
SETTINGS = """
[agent]
name = "Asha Rao"
email = "support@shop.example"
[[source]]
name = "mail"
type = "imap"
address = "support@shop.example"
imap = "imaps://localhost:1"
smtp = "smtps://localhost:1"
username = "support"
backlog = "3650d"
"""


def workspace_of_scripts(path: Path, *, picture: Path | None = None) -> Path:
    """Make it in an empty folder.

    Args:
        picture: sent along with one more mail, which is on top, and here already.
    """
    (path / "workspace.toml").write_text(SETTINGS, encoding="utf-8")
    now = time.time_ns() // 1_000_000
    store = Store.open(workspaces.load(path), role="engine", now=lambda: now)
    rows = [(text, f"Order {1000 + n}") for n, text in enumerate(TEXTS.values())]
    rows += [(f"Customer {n}", f"{text} {text}") for n, text in enumerate(TEXTS.values())]
    messages = tuple(_mail(number, name, subject, now - 5 * 3_600_000 - 60_000) for number, (name, subject) in enumerate(rows))
    for at in range(0, len(messages), 5):
        apply(store, "mail", Batch(cursor="{}", messages=messages[at : at + 5], more=True))
    if picture is not None:
        _send(store, picture, now)
    store.close()
    desk = Desk(workspaces.load(path), offline=True)
    desk.remember_start()  # a workspace that has been open before has a first frame
    desk.close()
    return path


def kept(folder: Path) -> str:
    """What the workstation remembers of terminals."""
    desk = sqlite3.connect(f"file:{folder}/desk.db?mode=ro", uri=True)
    try:
        return "\n".join(row[0] for row in desk.execute("SELECT value FROM remembered WHERE name LIKE 'terminal.%'"))
    finally:
        desk.close()


def _send(store: Store, picture: Path, now: int) -> None:
    size = picture.stat().st_size
    file = Attachment(picture.name, "image/png", size, "2")
    mail = replace(_mail(900, "Priya Sharma", "Broken lamp", now - 90 * 3_600_000), attachments=(file,))
    apply(store, "mail", Batch(cursor="{}", messages=(mail,), more=True))
    (number,) = store.cache.execute("SELECT id FROM messages WHERE subject = 'Broken lamp'").fetchone()
    attachments.note_cached(store, number, file.part, attachments.put(store, picture), size)


def _mail(number: int, name: str, subject: str, at: int) -> RemoteMessage:
    return RemoteMessage(
        ref=f"1:{number}", container="INBOX", key=f"{number}@x", direction=Direction.IN, visibility=Visibility.PRIVATE,
        author=Author(name, f"customer{number}@mail.example", Role.CUSTOMER), received_at=at, sent_at=at, subject=subject,
        text=f"Words of {number}", fresh_text=f"Words of {number}", to=(Address("", "support@shop.example"),),
        thread_ids=(f"{number}@x",), marker=f"{number}@x",
    )  # fmt: skip
