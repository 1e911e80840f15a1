"""A field for names of what there is, where these are too many to be listed as its choices."""

from typing import Any

from django import forms


class KnownNamesField(forms.MultipleChoiceField):
    """Names each of its values that nothing goes by. Those below say what there is: `known`."""

    #: What is wrong with a name that nothing goes by, and how one is written.
    none_such = ""

    def known(self, names: list[str]) -> set[str]:
        """Those of `names` that something goes by."""
        raise NotImplementedError

    def told(self, names: list[str]) -> dict[str, tuple[str, str]]:
        """Of those of these names that something is to be said of, by the name: what, and what
        to use instead (empty: nothing).
        """
        return {}

    def validate(self, value):
        known = self.known(value) if value else set()
        told = self.told([name for name in value if name not in known])
        errors = []
        for name in dict.fromkeys(value):
            if name in known:
                continue
            reason, instead = told.get(name, (self.none_such, ""))
            params: dict[str, Any] = {
                "value": name,
                "allowed": [],
                "reason": reason,
                "suggestion": instead,
            }
            error = forms.ValidationError(
                "",
                code="invalid_choice",
                params=params,
            )
            errors.append(error)
        if errors:
            raise forms.ValidationError(errors)
