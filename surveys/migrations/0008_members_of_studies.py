import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from catalogue.accounts import groups


def name_leads(apps, schema_editor):
    """Of each study that runs here, whoever wrote it down first. Where nobody is known, an administrator names one."""
    Member, History = apps.get_model("surveys", "Member"), apps.get_model("surveys", "HistoricalStudy")
    for study in apps.get_model("surveys", "Study").objects.filter(document=None):
        known = History.objects.filter(id=study.pk, history_user__is_active=True, history_user__is_staff=True)
        if first := known.order_by("history_date", "history_id").first():
            Member.objects.create(study=study, user_id=first.history_user_id, role="lead")


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0009_grants'),
        ('surveys', '0007_answers_in_random_order'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='study',
            options={'ordering': ['-year', 'label', 'pk'], 'permissions': [('publish_study', 'Can approve the publication and the texts of others’ studies'), ('assign_study', 'Can say who works on any study')], 'verbose_name_plural': 'studies'},
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('lead', 'leads it'), ('helper', 'helps to run it'), ('coder', 'codes comments, and sees no ratings')], max_length=10)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='surveys.study')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['study', 'role', 'user__username'],
                'constraints': [models.UniqueConstraint(fields=('study', 'user'), name='one_has_one_role_in_a_study', violation_error_message='They work on this study already: take them out first.'), models.CheckConstraint(condition=models.Q(('role__in', ['lead', 'helper', 'coder'])), name='member_role_is_known')],
            },
        ),
        migrations.RunPython(name_leads, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(groups.granting, migrations.RunPython.noop),
    ]
