"""Zammad, as far as it is read here: the answers of its knowledge base. It is no source of cases."""
