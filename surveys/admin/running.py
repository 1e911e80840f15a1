"""Running a study: links, rounds, and its end."""

from dataclasses import asdict
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator

from catalogue.curation import mail
from catalogue.fields import CleanedCharField, cleaned
from surveys.models import Round, Study
from surveys.running import invitations, rounds
from surveys.running.mailing import (
    Letter,
    addresses_in,
    addresses_of,
    invitation,
    proposal,
    require_mail,
    send_links,
)

from .page import SURE, StudyPage


class InvitationForm(forms.Form):
    """One address, many, or a file of them."""

    addresses = CleanedCharField(
        required=False,
        label="Addresses",
        widget=forms.Textarea(attrs={"rows": 4, "cols": 50}),
        help_text="One on each line, or with commas or semicolons between them. A name may stand before each, as mail programs write it: "
        "Ann Lee <ann@example.org>.",
    )
    file = forms.FileField(
        required=False,
        label="Or a CSV file",
        help_text="With a column “address” or “email”, or addresses alone.",
    )

    def clean(self):
        data = super().clean()
        given = addresses_of(data.get("addresses") or "")
        if file := data.get("file"):
            given += addresses_in(file)
        if not given:
            raise ValidationError("Give at least one address.")
        return {**data, "all": given}


class LetterForm(forms.Form):
    """What is written to all that are invited."""

    subject = CleanedCharField(
        max_length=150,
        widget=forms.TextInput(attrs={"size": 60}),
    )
    text = CleanedCharField(
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 60}),
        help_text="Each gets their own link below it.",
    )


class RunPage(StudyPage):
    """Where a study stands, what its lead can do next, and why something cannot be done."""

    name = "run"
    label = "Run"
    #: What is typed on the page, by the step that takes it.
    TYPED: ClassVar[dict[str, tuple[str, ...]]] = {
        "invite": ("addresses",),
        "write": ("subject", "text"),
    }

    def get(self, request, form=None, letter=None):
        study = self.study
        typed = (
            self._typed()
            if request.method == "POST"
            else request.session.pop(self._key, {})
        )
        sized_rounds = list(study.rounds.with_sizes())
        chosen = study.results_round if sized_rounds else None
        links = study.invitations.order_by("is_revoked", "address", "pk")
        open_round = next(
            (one for one in sized_rounds if one.status == Round.Status.OPEN),
            None,
        )
        context = {
            "rounds": sized_rounds,
            "last_round": sized_rounds[-1] if sized_rounds else None,
            "form": form or InvitationForm(initial=typed),
            "results_round": next(
                (one for one in sized_rounds if one == chosen),
                None,
            ),
            "can_be_shown": chosen.can_be_shown if chosen else False,
            "open_round": open_round,
            "no_mail": mail.obstacle(),
            "mail_caution": mail.caution(),
            "letter": letter
            or LetterForm(
                initial={**asdict(proposal(study, open_round)), **typed},
            ),
            "invites": study.status in (Study.Status.DRAFT, Study.Status.OPEN),
            "obstacles": rounds.obstacles_to_opening(study),
            "next_number": len(sized_rounds) + 1,
            "valid": links.filter(is_revoked=False).count(),
            "revoked": links.filter(is_revoked=True).count(),
            "addresses": links.exclude(address="")
            .order_by()
            .values("address")
            .distinct()
            .count(),
            "links": Paginator(links.filter(is_revoked=False), 50).get_page(
                request.GET.get("page"),
            ),
        }
        return self.page("run", **context)

    def post(self, request):
        # Of a step about one link, its key follows.
        self.step, _, self.invitation_key = request.POST.get(
            "step",
            "",
        ).partition(" ")
        # The page is one form, so that what is typed for another step comes along, and stands
        # there again.
        typed = self._typed()
        answer = self._take(self.step)
        if answer.status_code == 302 and typed and self.invites:
            request.session[self._key] = typed
        if request.FILES and self.step != "invite":
            messages.info(
                request,
                "The file that you had chosen has to be chosen once more.",
            )
        return answer

    @property
    def _key(self) -> str:
        """Where the session keeps, for the moment of being led back, what was typed."""
        return f"typed-{self.study.pk}"

    @property
    def invites(self) -> bool:
        return Study.objects.filter(
            pk=self.study.pk,
            status__in=(Study.Status.DRAFT, Study.Status.OPEN),
        ).exists()

    def _typed(self) -> dict[str, str]:
        """What is typed on the page and not taken by this step, by the name of the field."""
        open_round = self.study.rounds.filter(status=Round.Status.OPEN).first()
        proposed = asdict(proposal(self.study, open_round))
        taken = self.TYPED.get(self.step, ())
        typed = {}
        for name in ("addresses", "subject", "text"):
            value = cleaned(self.request.POST.get(name, ""))
            if (
                name in self.request.POST
                and name not in taken
                and value.strip() != proposed.get(name, "").strip()
            ):
                typed[name] = value
        return typed

    def require_sure(self) -> None:
        """The boxes of all steps stand in one form: that of this step has to be ticked."""
        if self.step not in self.request.POST.getlist("sure"):
            raise ValidationError(SURE)

    def _take(self, step: str):
        if step == "stay":  # Enter in a field
            return self.back()
        if step in ("invite", "write"):
            if step == "invite":
                return self._invite()
            return self._write()
        steps = {
            "resend": self._resend,
            "reissue": self._reissue,
            "revoke": self._revoke,
            "open": self._open,
            "close-round": self._close_round,
            "close-study": self._close_study,
        }
        try:
            if step not in steps:
                raise ValidationError(
                    "Nothing was done: the form does not say what to do.",
                )
            steps[step]()
        except ValidationError as refused:
            self.refuse(refused)
        return self.back()

    def _invite(self):
        form = InvitationForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self.get(self.request, form)
        try:
            require_mail()
            pairs = invitations.invite(
                study=self.study,
                addresses=form.cleaned_data["all"],
            )
        except ValidationError as refused:
            form.add_error(None, refused)
            return self.get(self.request, form)
        sent = self._send(pairs)
        if sent:
            self.done(f"{sent} invited.")
        return self.back()

    def _send(self, pairs) -> int:
        """Sends links that are made, and returns how many went out.

        Sending inside the transaction that makes the links would undo all of them where the
        last one fails, though the first have reached their experts, and would hold the database
        while a mail server thinks. So links are made first; those that could not be sent are
        revoked, and the lead is told whose they were.
        """
        unsent = send_links(
            invitation(self.study),
            pairs,
            self.request.build_absolute_uri,
        )
        invitations.revoke_unsent(tokens=unsent.values())
        if unsent:
            messages.error(
                self.request,
                f"No mail could be sent to {', '.join(unsent)}. They have no valid link: invite them again once mail works.",
            )
        return len(pairs) - len(unsent)

    def _write(self):
        """To everybody with a valid link, since nobody knows who has answered."""
        form = LetterForm(self.request.POST)
        if not form.is_valid():
            return self.get(self.request, letter=form)
        try:
            require_mail()
            tokens = invitations.tokens_of(self.study)
        except ValidationError as refused:
            self.refuse(refused)
            return self.back()
        self._report(
            tokens,
            send_links(
                Letter(**form.cleaned_data),
                tokens.items(),
                self.request.build_absolute_uri,
            ),
        )
        return self.back()

    def _report(self, tokens, unsent):
        if unsent:
            messages.error(
                self.request,
                f"No mail could be sent to {', '.join(unsent)}. Their links stay valid.",
            )
        if sent := len(tokens) - len(unsent):
            self.done(f"Written to {sent}.")

    def _resend(self):
        require_mail()
        address = self._invitation().address
        token = invitations.tokens_of(self.study).get(address)
        if not token:
            raise ValidationError(
                "This link was made before links could be sent again: send a new one.",
            )
        pairs = {address: token}
        self._report(
            pairs,
            send_links(
                invitation(self.study),
                pairs.items(),
                self.request.build_absolute_uri,
            ),
        )

    def _invitation(self):
        pk = self.invitation_key
        found = (
            self.study.invitations.filter(pk=pk, is_revoked=False).first()
            if pk.isdecimal()
            else None
        )
        if found is None:
            raise ValidationError("This link was revoked already.")
        return found

    def _reissue(self):
        require_mail()
        pair = invitations.reissue(invitation=self._invitation())
        if self._send([pair]):
            self.done(
                f"A new link went to {pair[0]}. It starts anew: what was submitted by the old link counts, and is not "
                "found by the new.",
            )

    def _revoke(self):
        invitation = self._invitation()
        invitations.revoke(invitation=invitation)
        self.done(
            f"The link of {invitation} is revoked. What was submitted by it counts.",
        )

    def _open(self):
        self.require_sure()
        opened = rounds.open_round(
            study=self.study,
            number=self.shown_number("next"),
        )
        self.done(
            f"{opened} is open. Nobody is told by itself: write to all below.",
        )

    def _close_round(self):
        self.require_sure()
        closed = rounds.close_round(
            study=self.study,
            number=self.shown_number("round"),
        )
        self.done(f"{closed} is closed.")

    def _close_study(self):
        self.require_sure()
        last = self.shown_number("last")
        results = self.shown_number("results")
        rounds.close_study(study=self.study, last=last, results=results)
        self.done(
            "The study is closed, its results are made, and every address is erased, with all that tied answers to links.",
        )
