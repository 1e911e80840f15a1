from django.urls import path

from serving.traits import costly, ignores_query, refuses_query

from . import views
from .running import answering

urlpatterns = [
    # Pages of the catalogue that show evidence.
    path("", ignores_query(views.HomeView.as_view()), name="home"),
    path(
        "mitigations/<str:accession>/",
        ignores_query(views.MitigationDetailView.as_view()),
        name="mitigation-detail",
    ),
    path("data/", ignores_query(views.DataView.as_view()), name="data"),
    path(
        "studies/",
        ignores_query(views.StudyListView.as_view()),
        name="study-list",
    ),
    path(
        "studies/<slug:slug>/",
        views.StudyDetailView.as_view(),
        name="study-detail",
    ),
    path(
        "studies/<slug:slug>/chart/",
        views.study_chart,
        name="study-chart",
    ),
    path(
        "studies/<slug:slug>/chart.svg",
        views.study_chart_svg,
        name="study-chart-svg",
    ),
    path(
        "studies/<slug:slug>/chart.png",
        costly(views.study_chart_png),
        name="study-chart-png",
    ),
    path(
        "studies/<slug:slug>/results.<str:form>",
        views.study_data,
        name="study-data",
    ),
    path(
        "studies/<slug:slug>/cite.<str:form>",
        refuses_query(views.cite_study),
        name="study-cite",
    ),
    path(
        "studies/<slug:slug>/frozen.json",
        refuses_query(views.study_frozen),
        name="study-frozen",
    ),
    path("answer/<str:token>/", answering.welcome, name="answer"),
    path("answer/<str:token>/review/", answering.review, name="answer-review"),
    path(
        "answer/<str:token>/<int:number>/",
        answering.item,
        name="answer-item",
    ),
]
