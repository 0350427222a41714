"""A simulated Zammad, as far as its knowledge base goes: written from the vendor's documentation of its API
(``api/knowledgebase.rst``, ``api/knowledgebase/answers.rst``) and its controllers, not from what the reader expects.

Quirks kept on purpose: ``include_contents`` takes the numbers of contents, which are not those of answers; ``init`` is a
POST that changes nothing; numbers are keys as text; an answer's state is told by times that may lie ahead; locales are
numbers of a table elsewhere; without the permission everything is 403.
"""

from __future__ import annotations

from typing import Any

from tests.servers.http_server import HttpServer, Request, Response, as_json

Json = dict[str, Any]
LOCALES = [{"id": 5, "locale": "en-us", "alias": "en", "name": "English", "active": True},
           {"id": 9, "locale": "bn", "alias": None, "name": "Bengali", "active": True}]  # fmt: skip
PAST, AHEAD = "2025-03-12T14:52:21.767Z", "2099-01-01T00:00:00.000Z"


class Zammad:
    """One knowledge base in English and Bengali.

    Args:
        token: of a user who may read it.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.may_read = True
        self.bases: dict[int, str] = {1: "Company Knowledge Base"}
        self.categories: dict[int, tuple[int, str]] = {2: (1, "Shipping")}
        self.answers: dict[int, Json] = {}
        self.translations: dict[int, Json] = {}
        self.contents: dict[int, str] = {}
        self.server = HttpServer(self)

    def close(self) -> None:
        self.server.close()

    def answer(self, texts: dict[str, tuple[str, str]], *, category: int = 2, **state: str | None) -> int:
        """Somebody writes an answer: title and HTML by ``en-us`` or ``bn``; ``state`` is ``published_at`` and the like."""
        number = len(self.answers) + 1
        ids = []
        for locale, (title, body) in texts.items():
            one = 40 + len(self.translations)
            content = 70 + len(self.contents)
            self.contents[content] = body
            self.translations[one] = {"id": one, "title": title, "kb_locale_id": 1 if locale == "en-us" else 2, "answer_id": number,
                                      "content_id": content, "created_by_id": 3, "updated_by_id": 3}  # fmt: skip
            ids.append(one)
        self.answers[number] = {
            "id": number, "category_id": category, "promoted": False, "internal_note": None, "position": 0, "archived_at": None,
            "internal_at": None, "published_at": None, "translation_ids": ids, "attachments": [], "tags": [], **state,
        }  # fmt: skip
        return number

    def __call__(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Token token={self.token}":
            return as_json({"error": "Authentication required"}, 401)
        if not self.may_read:
            return as_json({"error": "Not authorized", "error_human": "Not authorized"}, 403)
        match request.method, request.path.removeprefix("/api/v1/").split("/"):
            case "GET", ["locales"]:
                return as_json(LOCALES)
            case "POST", ["knowledge_bases", "init"]:
                return as_json(self._assets())
            case "GET", ["knowledge_bases", _, "answers", number] if int(number) in self.answers:
                assets = {"KnowledgeBaseAnswer": {number: self.answers[int(number)]}, "User": {}}
                wanted = [int(one) for one in request.first("include_contents").split(",") if one]
                rows = {str(one): {"id": one, "body": self.contents[one], "attachments": []} for one in wanted if one in self.contents}
                return as_json({"id": int(number), "assets": {**assets, "KnowledgeBaseAnswerTranslationContent": rows}})
        return as_json({"error": "No such page"}, 404)

    def _assets(self) -> Json:
        return {
            "KnowledgeBase": {str(one): {"id": one, "active": True, "custom_address": None} for one in self.bases},
            "KnowledgeBaseTranslation": {
                str(one): {"id": one, "title": title, "kb_locale_id": 1, "knowledge_base_id": one} for one, title in self.bases.items()
            },
            "KnowledgeBaseLocale": {
                "1": {"id": 1, "knowledge_base_id": 1, "system_locale_id": 5, "primary": True},
                "2": {"id": 2, "knowledge_base_id": 1, "system_locale_id": 9, "primary": False},
            },
            "KnowledgeBaseCategory": {
                str(one): {"id": one, "knowledge_base_id": base, "parent_id": None, "position": 0}
                for one, (base, _) in self.categories.items()
            },
            "KnowledgeBaseCategoryTranslation": {
                str(one): {"id": one, "title": title, "kb_locale_id": 1, "category_id": one}
                for one, (_, title) in self.categories.items()
            },
            "KnowledgeBaseAnswer": {str(one): row for one, row in self.answers.items()},
            "KnowledgeBaseAnswerTranslation": {str(one): row for one, row in self.translations.items()},
            "User": {},
        }
