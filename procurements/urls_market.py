"""Suppliers, need, diary and history of a case. All under /cases/<number>/."""

from django.urls import path

from procurements.views import history, market

urlpatterns = [
    path("suppliers/", market.Suppliers.as_view(), name="case_suppliers"),
    path("suppliers/new/", market.AddSupplier.as_view(), name="supplier_new"),
    path("suppliers/paste/", market.PasteSuppliers.as_view(), name="suppliers_paste"),
    path(
        "suppliers/<int:participant>/",
        market.CorrectSupplier.as_view(),
        name="supplier_correct",
    ),
    path(
        "suppliers/<int:participant>/withdraw/",
        market.WithdrawSupplier.as_view(),
        name="supplier_withdraw",
    ),
    path(
        "suppliers/<int:participant>/withdraw/correct/",
        market.CorrectWithdrawal.as_view(),
        name="supplier_withdraw_correct",
    ),
    path(
        "suppliers/<int:participant>/withdraw/undo/",
        market.TakeBackWithdrawal.as_view(),
        name="supplier_withdraw_undo",
    ),
    path("need/", market.Need.as_view(), name="case_need"),
    path("need/write/", market.WriteNeed.as_view(), name="need_write"),
    path("need/<int:version>/reason/", market.CorrectNeedReason.as_view(), name="need_reason"),
    path("need/compare/", market.CompareNeeds.as_view(), name="need_compare"),
    path("diary/", market.Diary.as_view(), name="case_diary"),
    path("diary/<int:insight>/", market.CorrectInsight.as_view(), name="insight_correct"),
    path("diary/<int:insight>/share/", market.ShareInsight.as_view(), name="insight_share"),
    path("history/", history.History.as_view(), name="case_history"),
]
